// Decoders, rules and sessions broken on purpose: each must show where the parity suite looks.
import type { AcceptanceRule, DraftPolicy, Kept, LanguageModel, Session, Tree, Verdict } from '@foretoken/core';
import { type Engine, openEngine } from '@foretoken/engine';
import { beforeAll, describe, expect, test } from 'vitest';
import exact from '../exact/exact.ts';
import fixed from '../fixed/fixed.ts';
import greedy from '../greedy/greedy.ts';
import { TINY_HEADS, type TinyHead, tinyModel } from '../session/tiny-models.fixture.ts';
import { oracleDecoder } from './oracle-decoder.fixture.ts';
import { parityPrompts } from './parity.fixture.ts';
import { differencesOf, type Generator, NONE, outcomesOf, plainTexts } from './parity-judge.fixture.ts';

const rule: AcceptanceRule = exact.create({}, {});
const policy: DraftPolicy = fixed.create({}, {});
const job = { prompts: parityPrompts(7), maxTokens: 16, maxRows: 5 };

let engine: Engine;

/** A session of which some calls do something else. */
function changed(session: Session, change: (of: Session) => Partial<Session>): Session {
  const own = change(session);
  return new Proxy(session, {
    get(target, key) {
      if (key in own) return own[key as keyof Session];
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const childrenOf = ({ parent }: Tree, node: number) => [...parent.keys()].filter((child) => parent[child] === node);

const methodsOf = (verdict: Verdict): Verdict => ({
  argmax: (node) => verdict.argmax(node),
  p: (node) => verdict.p(node),
  logits: (node) => verdict.logits(node),
});

/** The exact rule with something done to what it keeps. */
const meddling = (meddle: (kept: Kept, tree: Tree, target: Verdict) => Kept): AcceptanceRule => ({
  keeps: ['greedy'],
  accept: (tree, target, random) => meddle(rule.accept(tree, target, random), tree, target),
});

/** A session whose rows are verified rightly but keep another path than they are told. */
const keepingOtherwise = (otherwise: (kept: Kept, tree: Tree) => Kept) => (session: Session) =>
  changed(session, (of) => {
    let trees: readonly Tree[] = [];
    return {
      verify: async (given) => {
        trees = given;
        return of.verify(given);
      },
      commit: (kept) => of.commit(kept.map((one, index) => otherwise(one, trees[index]))),
    };
  });

/** A session whose verdicts are given by another session's ones. */
const answering = (answers: (verdicts: Verdict[], trees: readonly Tree[]) => Verdict[]) => (session: Session) =>
  changed(session, (of) => ({ verify: async (trees) => answers(await of.verify(trees), trees) }));

const controls: [string, Partial<Generator>, (keyof typeof NONE)[]][] = [
  [
    'a rule that accepts one token too many',
    {
      rule: meddling((kept, tree, target) => {
        const [child] = childrenOf(tree, kept.path.at(-1) ?? -1);
        if (child === undefined) return kept;
        return { path: Int32Array.of(...kept.path, child), next: target.argmax(child) };
      }),
    },
    ['tokens'],
  ],
  [
    'a rule that takes the bonus token from one node before',
    {
      rule: meddling(({ path, next }, _tree, target) => ({
        path,
        next: path.length > 0 ? target.argmax(path.at(-2) ?? -1) : next,
      })),
    },
    ['tokens'],
  ],
  [
    'a rule that takes the bonus token from one node behind',
    {
      rule: meddling(({ path, next }, tree, target) => {
        const [child] = childrenOf(tree, path.at(-1) ?? -1);
        return { path, next: child === undefined ? next : target.argmax(child) };
      }),
    },
    ['tokens'],
  ],
  [
    'a session that forgets to roll a refused draft back',
    {
      tamper: keepingOtherwise(({ path, next }, tree) => {
        const [child] = childrenOf(tree, path.at(-1) ?? -1);
        return { path: child === undefined ? path : Int32Array.of(...path, child), next };
      }),
    },
    ['tokens', 'nextLogits'],
  ],
  [
    'a session that loses the last draft kept',
    { tamper: keepingOtherwise(({ path, next }) => ({ path: path.slice(0, -1), next })) },
    ['tokens', 'nextLogits', 'memoryLengths'],
  ],
  [
    'a session that keeps what the next row keeps',
    {
      tamper: (session) =>
        changed(session, (of) => ({
          commit: (kept) => of.commit(kept.map(({ path }, r) => ({ path, next: kept[(r + 1) % kept.length].next }))),
        })),
    },
    ['tokens', 'nextLogits'],
  ],
  [
    'verdicts of the wrong row',
    {
      tamper: answering((verdicts) =>
        verdicts.map((verdict, r) => {
          const next = verdicts[(r + 1) % verdicts.length];
          return { ...methodsOf(verdict), argmax: (node) => (node < 0 ? next : verdict).argmax(node) };
        }),
      ),
    },
    ['tokens'],
  ],
  [
    'log-probabilities from the token’s own node instead of its parent’s',
    {
      tamper: answering((verdicts, trees) =>
        verdicts.map((verdict, r) => ({
          ...methodsOf(verdict),
          logits: (node) => verdict.logits(childrenOf(trees[r], node).at(-1) ?? node),
        })),
      ),
    },
    ['logProbabilities'],
  ],
];

/** Defines the suite. @param every - each control meets one head in so many; 1: all of them */
export function describeParityControls(every: number): void {
  beforeAll(async () => {
    engine = await openEngine();
  });

  describe.each<TinyHead>(TINY_HEADS)('with the head %s', (head) => {
    const differences = async (model: LanguageModel, change: Partial<Generator>) => {
      const { texts } = await plainTexts(model, job);
      const reference = await outcomesOf(model, { decoder: greedy.create({}, {}), rule, policy }, job);
      const decoder = oracleDecoder(job.prompts, texts, model.dims.vocabulary);
      return differencesOf(await outcomesOf(model, { decoder, rule, policy, ...change }, job), reference, texts);
    };

    test('nothing broken, no difference', async () => {
      const model = tinyModel(engine, 'attentive', head);
      expect(await differences(model, {})).toEqual(NONE);
      model.dispose();
    });

    test.each(controls.filter((_, index) => (index + TINY_HEADS.indexOf(head)) % every === 0))(
      '%s shows',
      async (_, change, where) => {
        const model = tinyModel(engine, 'attentive', head);
        const found = await differences(model, change);
        for (const place of where) expect(found[place], place).toBeGreaterThan(0);
        model.dispose();
      },
    );
  });
}
