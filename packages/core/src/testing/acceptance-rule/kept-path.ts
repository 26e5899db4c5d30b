// V vocabulary.
import type { AcceptanceRule, Kept, Tree } from '../../contracts/decoding.ts';
import { isPath } from '../../generation/tree.ts';
import { copied, type DraftStep, NoSuchNode, saidOf, watchedVerdict } from './draft-steps.ts';
import { doesKeep, judged, ofEveryForm, type RuleForm } from './rule-case.ts';

/** What is kept of every step that a rule takes. */
function* keptOf(rule: AcceptanceRule, { steps }: RuleForm): Generator<[DraftStep, Kept]> {
  for (const step of steps(rule)) {
    const kept = judged(rule, step);
    if (kept) yield [step, kept];
  }
}

/** The session commits what a rule keeps: it can only be a path, and a token to go on from. */
export const keepsAPath = ofEveryForm(
  'keeps a path from the pending token and names the next token, whatever was drafted',
  (form) => {
    const { create, broken } = form;
    for (const [step, kept] of keptOf(create(), form)) {
      const fault = faultOf(kept, step);
      if (fault) throw broken(`for ${step.what}, ${fault}`);
    }
  },
);

function faultOf(kept: Kept, { tree, vocabulary }: DraftStep): string | undefined {
  if (typeof kept !== 'object' || !(kept?.path instanceof Int32Array)) {
    return 'accept must return { path, next } with the path as an Int32Array of nodes. Return it at once, not as a promise.';
  }
  const { path, next } = kept;
  if (!isPath(tree, path)) {
    return (
      `path must start at a child of the pending token and go from parent to child, was [${path}] where the parents are ` +
      `[${tree.parent}]. Give the numbers of the kept nodes, first one first; none is an empty path.`
    );
  }
  if (Number.isInteger(next) && next >= 0 && next < vocabulary) return undefined;
  return `next must be a token id in [0, ${vocabulary}), was ${next}. Take it from what the model says after the last kept node.`;
}

/** A verdict is of one tree: a session refuses questions about other nodes, in the middle of a generation. */
export const asksAboutItsNodes = ofEveryForm(
  'asks the model about nodes of the draft alone',
  ({ create, broken, steps }) => {
    const rule = create();
    for (const step of steps(rule)) {
      try {
        judged(rule, step);
      } catch (error) {
        if (!(error instanceof NoSuchNode)) throw error;
        throw broken(`for ${step.what}, it asked about ${error.message}. Stop at the last node.`);
      }
    }
  },
);

/** A ban is a promise to whoever asked for it: no rule may break it, a lossy one neither. */
export const emitsNothingBanned = ofEveryForm('emits no token that the sampling of the row rules out', (form) => {
  const { create, broken } = form;
  for (const [step, { path, next }] of keptOf(create(), form)) {
    const said = saidOf(step);
    const banned = (token: number, after: number) => said.p(after)[token] === 0;
    const nodes = [...path];
    const at = nodes.findIndex((node, index) => banned(step.tree.tokens[node], nodes[index - 1] ?? -1));
    const token = at >= 0 ? step.tree.tokens[nodes[at]] : next;
    const after = at >= 0 ? (nodes[at - 1] ?? -1) : (nodes.at(-1) ?? -1);
    if (!banned(token, after)) continue;
    throw broken(
      `for ${step.what}, it ${at >= 0 ? 'kept' : 'went on with'} token ${token} after node ${after}, where the row's ` +
        'distribution gives it probability 0. Keep and choose only tokens with `target.p(node)[token] > 0`.',
    );
  }
});

/** Greedy decoding, token by token: a draft only saves forwards. */
export const keepsGreedy = ofEveryForm('gives greedy decoding’s tokens, if it says that it keeps them', (form) => {
  const { create, broken } = form;
  const rule = create();
  if (!doesKeep(rule, 'greedy')) return;
  for (const [step, { path, next }] of keptOf(rule, form)) {
    const tokens = [...Array.from(path, (node) => step.tree.tokens[node]), next];
    const after = [-1, ...path];
    const said = saidOf(step);
    const off = tokens.findIndex((token, index) => token !== said.argmax(after[index]));
    if (off < 0) continue;
    throw broken(
      `it says that it keeps 'greedy', but for ${step.what} it gave token ${tokens[off]} after node ${after[off]}, where ` +
        `the model's first choice is ${said.argmax(after[off])}. Keep a node only if its token is \`target.argmax\` of ` +
        "its parent, end with `target.argmax` of the last one, or leave 'greedy' out of `keeps`.",
    );
  }
});

/** Decoders keep the tree, and log-probabilities are read from the verdict, after the rule has seen them. */
export const leavesItsInputsAlone = ofEveryForm('writes into nothing that it is given', ({ create, broken, steps }) => {
  const rule = create();
  for (const step of steps(rule)) {
    const tree = copied(step.tree);
    const arrays = [['tree.tokens', tree.tokens], ['tree.parent', tree.parent], ...qOf(tree)] as const;
    const values = arrays.map(([, own]) => Array.from(own));
    const { verdict, given } = watchedVerdict(step);
    judged(rule, step, { tree, verdict });
    const written =
      arrays.find(([, own], index) => !isSame(own, values[index]))?.[0] ??
      given.find(({ now, before }) => !isSame(now, before))?.what;
    if (!written) continue;
    throw broken(`for ${step.what}, it wrote into ${written}. Copy what it changes: \`slice()\`.`);
  }
});

const qOf = ({ q }: Tree) => q.flatMap((q_V, node) => (q_V === 'chosen' ? [] : [[`tree.q[${node}]`, q_V] as const]));

const isSame = (now: ArrayLike<number>, before: ArrayLike<number>) =>
  Array.from(now).every((value, index) => Object.is(value, before[index]));
