// Acceptance rules that are wrong on purpose, each in one way: the check that is meant for it catches it, and says why.
// V vocabulary.
import { expect, test } from 'vitest';
import {
  type AcceptanceRule,
  type AcceptanceRuleSpec,
  type Definition,
  defineAcceptanceRule,
  Type,
} from '../plugin.ts';
import { declaresWhatItKeeps } from './acceptance-rule/declares.ts';
import { keepsDistribution } from './acceptance-rule/distribution.ts';
import {
  asksAboutItsNodes,
  emitsNothingBanned,
  keepsAPath,
  keepsGreedy,
  leavesItsInputsAlone,
} from './acceptance-rule/kept-path.ts';
import { answersTheSame, knowsChosenNodes, takesChanceFromItsStream } from './acceptance-rule/repeats.ts';
import { acceptanceRuleContract, ruleOptionsAct, ruleWorksOrRefuses } from './acceptance-rule/rule-checks.ts';
import { failureOf, failuresIn } from './contract-failures.fixture.ts';
import { exactRule } from './decoder/stand-ins.ts';
import { RIGHT, rejecting } from './rejecting.fixture.ts';

const made = (create: () => AcceptanceRule, more: Partial<AcceptanceRuleSpec> = {}): Definition<'acceptance-rule'> =>
  defineAcceptanceRule({ name: 'broken', create, ...more });

/** `exactRule` whose answer is another one. */
const answering = (accept: (...asked: Parameters<AcceptanceRule['accept']>) => unknown, keeps: unknown = []) =>
  made(() => ({ keeps, accept }) as AcceptanceRule);

test.each<[string, AcceptanceRule]>([
  ['exact', exactRule],
  ['rejection', rejecting()],
  [
    'rejection that needs drawn nodes',
    { ...rejecting({ drawn: ({ tokens, q }, node) => (q[node] as Float64Array)[tokens[node]] }), needsDrawn: true },
  ],
])('%s keeps the contract', async (_, rule) => {
  expect([
    ...(await failuresIn(
      acceptanceRuleContract,
      made(() => rule),
      {},
      {},
    )),
  ]).toEqual([]);
});

test.each<[what: string, definition: Definition<'acceptance-rule'>, title: string, message: RegExp]>([
  [
    'says something else than what can be kept',
    answering(exactRule.accept, ['greedy', 'all']),
    declaresWhatItKeeps.title,
    /`keeps` must be a list of 'greedy' and 'distribution', each once at most, was \["greedy","all"\]\. A rule .*`keeps: \[\]`\./,
  ],
  [
    'keeps siblings as if they followed one another',
    answering(({ tokens }, target) => ({
      path: Int32Array.from(tokens.keys()),
      next: target.argmax(tokens.length - 1),
    })),
    keepsAPath.title,
    /draft 4 \(parents \[-1,-1,-1\]\), .*path must start at a child .* was \[0,1,2\] where the parents are \[-1,-1,-1\]/,
  ],
  [
    'gives its path as a plain list',
    answering((_tree, target) => ({ path: [], next: target.argmax(-1) })),
    keepsAPath.title,
    /accept must return \{ path, next \} with the path as an Int32Array/,
  ],
  [
    'is asynchronous',
    answering(async (tree, target, random) => exactRule.accept(tree, target, random)),
    keepsAPath.title,
    /not as a promise/,
  ],
  [
    'names no token where nothing was drafted',
    answering(({ tokens, q }) => ({ path: new Int32Array(0), next: q.length > 0 ? tokens[0] : -1 })),
    keepsAPath.title,
    /next must be a token id in \[0, 9\), was -1/,
  ],
  [
    'asks about the node after the last',
    answering((tree, target, random) => {
      target.p(tree.tokens.length);
      return exactRule.accept(tree, target, random);
    }),
    asksAboutItsNodes.title,
    /it asked about node 0, where the draft has 0, from 0, and -1 for the pending token\. Stop at the last node/,
  ],
  [
    'takes the raw logits for what the row may say',
    answering((_tree, target) => {
      const logits_V = target.logits(-1);
      return { path: new Int32Array(0), next: logits_V.indexOf(Math.max(...logits_V)) };
    }),
    emitsNothingBanned.title,
    /went on with token \d after node -1, where the row's distribution gives it probability 0/,
  ],
  [
    'keeps whatever is drafted',
    answering(
      (tree, target) => {
        const path = tree.tokens.length > 0 ? [0] : [];
        return { path: Int32Array.from(path), next: target.argmax(path.at(-1) ?? -1) };
      },
      ['greedy'],
    ),
    keepsGreedy.title,
    /it says that it keeps 'greedy', but for draft 1 .* it gave token \d after node -1, where the model's first choice is \d/,
  ],
  [
    'takes the highest id of a tie for the first choice',
    answering(
      (_tree, target) => {
        const p_V = target.p(-1);
        return { path: new Int32Array(0), next: p_V.lastIndexOf(Math.max(...p_V)) };
      },
      ['greedy'],
    ),
    keepsGreedy.title,
    /sampling none, ties it gave token \d after node -1/,
  ],
  [
    'makes its residual in the array that it was given',
    made(() =>
      rejecting({
        rest(p_V, tree, node) {
          p_V.set(RIGHT.rest(p_V, tree, node));
          return p_V;
        },
      }),
    ),
    leavesItsInputsAlone.title,
    /it wrote into target\.p\(-1\)\. Copy what it changes/,
  ],
  [
    'writes into the tree',
    answering((tree, target, random) => {
      tree.parent.fill(-1);
      return exactRule.accept(tree, target, random);
    }),
    leavesItsInputsAlone.title,
    /it wrote into tree\.parent/,
  ],
  [
    'is kinder to every second draft',
    made(() => {
      let calls = 0;
      return {
        keeps: [],
        accept: (tree, target, random) =>
          ++calls % 2 === 0
            ? exactRule.accept(tree, target, random)
            : { path: new Int32Array(0), next: target.argmax(-1) },
      };
    }),
    answersTheSame.title,
    /with the same verdict and random numbers, after other drafts, path \[.*\] and next \d\. Keep nothing from one call to the next/,
  ],
  [
    'returns one array for all',
    made(() => {
      const path = new Int32Array(1);
      return {
        keeps: [],
        accept(tree, target, random) {
          const kept = exactRule.accept(tree, target, random);
          path[0] = kept.path[0] ?? 0;
          return { path: path.subarray(0, kept.path.length > 0 ? 1 : 0), next: target.argmax(kept.path[0] ?? -1) };
        },
      };
    }),
    answersTheSame.title,
    /and became .* as it judged other drafts\. Return a path of its own each time/,
  ],
  [
    'throws dice of its own',
    made(() => ({ ...rejecting({ isKept: (p, q) => Math.random() * q < p }), keeps: [] })),
    takesChanceFromItsStream.title,
    /it used Math\.random\. Draw from the `random` that accept is given/,
  ],
  [
    'takes the word "chosen" for a distribution',
    made(() => ({
      ...rejecting({ drawn: ({ tokens, q }, node) => (q[node] as Float64Array)[tokens[node]] }),
      keeps: [],
    })),
    knowsChosenNodes.title,
    /whose q says 'chosen', it read the word as a distribution, at token \d+\. Say `needsDrawn: true`/,
  ],
  [
    'keeps with probability p, not p / q',
    made(() => rejecting({ isKept: (p, _q, random) => random.uniform() < p })),
    keepsDistribution.title,
    /for a chain of two drawn tokens \(all tokens possible, V = 3\) the probability of a text of 3 tokens is off by .* \(enumerated\)/,
  ],
  [
    'draws from p after a refusal',
    made(() => rejecting({ rest: (p_V) => p_V })),
    keepsDistribution.title,
    /go on with what p has beyond q after a refusal/,
  ],
  [
    'takes a chosen node for one that was drawn from p',
    made(() => rejecting({ isKept: (p, q, random) => (q === 1 ? p > 0 : random.uniform() * q < p) })),
    keepsDistribution.title,
    /a chain of two chosen tokens/,
  ],
  [
    'is off by little, in a way that cannot be enumerated',
    made(() =>
      rejecting({
        isKept: (p, q, random) => (random.uniform() * 1e6) % 1 < 0.9 * (p / q) + 0.06,
      }),
    ),
    keepsDistribution.title,
    /off by a total variation of 0\.\d+ over 100000 texts/,
  ],
  [
    'lets a threshold in where there was none',
    made(() => rejecting({ isKept: (p, q, random) => random.uniform() < Math.max(p / q, 0.1) })),
    keepsDistribution.title,
    /enumerated/,
  ],
  [
    'claims for all values of an option what one value keeps',
    defineAcceptanceRule({
      name: 'broken',
      options: Type.Object({ k: Type.Integer({ minimum: 1, maximum: 3, default: 1 }) }),
      create: (_, { k }) => ({
        keeps: ['greedy'],
        accept(tree, target) {
          const p_V = target.p(-1);
          const isKept =
            tree.tokens.length > 0 && p_V.filter((p) => p > p_V[tree.tokens[0]]).length < k && p_V[tree.tokens[0]] > 0;
          return isKept && (k > 1 || tree.tokens[0] === target.argmax(-1))
            ? { path: Int32Array.of(0), next: target.argmax(0) }
            : { path: new Int32Array(0), next: target.argmax(-1) };
        },
      }),
    }),
    keepsGreedy.title,
    /This is with option "k" 2\./,
  ],
  [
    'falls over an option',
    defineAcceptanceRule({
      name: 'broken',
      options: Type.Object({ k: Type.Integer({ minimum: 1, maximum: 3, default: 1 }) }),
      create(_, { k }) {
        if (k > 1) throw new TypeError('k is not iterable');
        return exactRule;
      },
    }),
    ruleWorksOrRefuses.title,
    /with option "k" 2 throws ".*k is not iterable/,
  ],
  [
    'reads an option nowhere',
    made(() => exactRule, { options: Type.Object({ k: Type.Integer({ minimum: 1, default: 1 }) }) }),
    ruleOptionsAct.title,
    /option "k" changes neither what the rule says .*describeAcceptanceRuleContract\(/,
  ],
])('a rule that %s is caught', async (_what, definition, title, message) => {
  const said = await failureOf(acceptanceRuleContract, title, definition);
  expect(said).toMatch(/^acceptance-rule "broken": /);
  expect(said).toMatch(message);
});
