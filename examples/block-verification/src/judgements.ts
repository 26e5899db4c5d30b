// V vocabulary. A "measure" is a distribution over the V tokens times a weight.
import { ForetokenError, type Tree, type Verdict } from '@foretoken/core/plugin';

/** Whether the path ends at a node, asked of one node after another until the answer is yes. */
export interface Judgement {
  /** The last token that stays; -1: none does. */
  readonly node: number;
  /** Probability of yes, given that all before it were noes: the sum of `next_V`. */
  readonly weight: number;
  /** Measure that the token after it is drawn from. */
  readonly next_V: Float64Array;
}

/**
 * Block verification of a tree, as a list of coins to toss: deepest nodes first, the pending token, which is certain, last.
 *
 * Nothing is drawn here, so that every outcome and its probability can be enumerated. A node that was drafted is on the
 * kept path with a probability of exactly `weight`, whatever is below it. It gives its children what it has, `weight p`:
 * child x, drawn from q, takes min(1, weight p(x) / q(x)), and leaves max(0, weight p - q) to younger siblings and to the node
 * itself, divided by the probability that the child's subtree gave nothing.
 *
 * @source Sun et al. 2024, arXiv:2403.10444, algorithm 2 for chains; siblings are ours
 */
export function judgements(tree: Tree, target: Pick<Verdict, 'p'>): Generator<Judgement, void, undefined> {
  const children: number[][] = Array.from({ length: tree.tokens.length + 1 }, () => []);
  for (const [child, parent] of tree.parent.entries()) children[parent + 1].push(child);
  return below(-1, 1);

  function* below(node: number, first: number): Generator<Judgement, void, undefined> {
    if (first === 0) return;
    const p_V = target.p(node);
    let weight = first;
    let next_V = p_V.map((p) => first * p);
    for (const child of children[node + 1]) {
      yield* below(child, Math.min(1, next_V[tree.tokens[child]] / drawnWith(tree, child)));
      const rest_V = beyond(next_V, tree, child);
      const rest = sum(rest_V);
      // Where nothing is left, the child was certain, and only rounding brings us here: p is what was to be distributed.
      const missed = 1 - weight + rest;
      if (missed <= 0) continue;
      weight = rest / missed;
      next_V = rest_V.map((left) => left / missed);
    }
    yield { node, weight, next_V };
  }
}

/** What a measure has beyond the distribution that a node was drawn from. */
function beyond(measure_V: Float64Array, { tokens, q }: Tree, node: number): Float64Array {
  const q_V = q[node];
  if (q_V !== 'chosen') return measure_V.map((weight, token) => Math.max(0, weight - q_V[token]));
  const rest_V = measure_V.slice();
  rest_V[tokens[node]] = 0;
  return rest_V;
}

/** The probability with which a node's token was drawn; 1 for a chosen one. */
function drawnWith({ tokens, q }: Tree, node: number): number {
  const q_V = q[node];
  const probability = q_V === 'chosen' ? 1 : q_V[tokens[node]];
  if (probability > 0) return probability;
  throw new ForetokenError(
    'PLUGIN_INVALID',
    `rule "block-verification": token ${tokens[node]} of node ${node} has probability ${probability} in the distribution ` +
      'that it is said to be drawn from. Mend what drafted it: q belongs to the node, as it was when its token was drawn.',
  );
}

function sum(measure_V: Float64Array): number {
  let total = 0;
  for (const weight of measure_V) total += weight;
  return total;
}
