// V token ids.
import { defineAcceptanceRule, drawIndex, ForetokenError, type Random, type Tree } from '@foretoken/core/plugin';

/**
 * Keeps a drafted token x with probability min(1, p(x) / q(x)); a rejected one leaves the rest of p to its younger
 * siblings and, after the last of them, to the next token. What comes out is distributed as p, whatever q is.
 *
 * That holds for siblings drawn with or without replacement and for chosen ones (q is one certain token) alike: all it
 * takes is that each child was drawn from its own q, whatever its elders were.
 *
 * @source Leviathan et al. 2023, arXiv:2211.17192, algorithm 1; Chen et al. 2023, arXiv:2302.01318, algorithm 2; several
 * candidates: Miao et al. 2023, arXiv:2305.09781, algorithm 2; without replacement: Jeon et al. 2024, arXiv:2402.14160
 */
export default defineAcceptanceRule({
  name: 'rejection',
  description: 'A draft is kept with probability min(1, p/q): the output is distributed as plain sampling’s.',
  create: () => ({
    keeps: ['distribution'],
    accept(tree, target, random) {
      const path: number[] = [];
      let node = -1;
      let p_V = target.p(node);
      // Parents come before their children, so one walk over the tree meets the children of every node of the path.
      for (let child = 0; child < tree.tokens.length; child++) {
        if (tree.parent[child] !== node) continue;
        if (isKept(p_V[tree.tokens[child]], drawnWith(tree, child), random)) {
          path.push(child);
          node = child;
          p_V = target.p(node);
        } else {
          p_V = residual(p_V, tree, child);
        }
      }
      return { path: Int32Array.from(path), next: drawn(p_V, random) };
    },
  }),
});

/**
 * Whether u < p / q. What is certain draws nothing: p >= q, where rounding of a product or a quotient must not cost it, and
 * p = 0.
 */
function isKept(p: number, q: number, random: Random): boolean {
  return p >= q || (p > 0 && random.uniform() * q < p);
}

/** A token drawn from p; where one is certain, it is that, and nothing is drawn. */
function drawn(p_V: Float64Array, random: Random): number {
  const certain = p_V.indexOf(1);
  return certain >= 0 ? certain : drawIndex(p_V, random.uniform());
}

/** The probability with which a node's token was drawn. */
function drawnWith({ tokens, q }: Tree, node: number): number {
  const q_V = q[node];
  const probability = q_V === 'chosen' ? 1 : q_V[tokens[node]];
  if (probability > 0) return probability;
  throw new ForetokenError(
    'PLUGIN_INVALID',
    `rule "rejection": token ${tokens[node]} of node ${node} has probability ${probability} in the distribution that it is ` +
      'said to be drawn from. Mend what drafted it: q belongs to the node, as it was when its token was drawn.',
  );
}

/**
 * What p has beyond q, as a distribution.
 *
 * Where p and q are equal but for rounding nothing may be left at all, and p itself is as good: it is what was to be
 * distributed.
 */
function residual(p_V: Float64Array, { tokens, q }: Tree, node: number): Float64Array {
  const q_V = q[node];
  const rest_V = p_V.slice();
  if (q_V === 'chosen') rest_V[tokens[node]] = 0;
  else for (let token = 0; token < rest_V.length; token++) rest_V[token] = Math.max(0, rest_V[token] - q_V[token]);
  let sum = 0;
  for (const weight of rest_V) sum += weight;
  if (sum === 0) return p_V;
  for (let token = 0; token < rest_V.length; token++) rest_V[token] /= sum;
  return rest_V;
}
