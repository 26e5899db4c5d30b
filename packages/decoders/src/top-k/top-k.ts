// V token ids.
import { defineAcceptanceRule, longestPath, Type, type Verdict } from '@foretoken/core/plugin';

/**
 * Keeps drafted tokens that are among the model's k first choices. Lossy for k above 1.
 *
 * @source after the top-k selection of Stern et al. 2018, arXiv:1811.03115
 */
export default defineAcceptanceRule({
  name: 'top-k',
  description: 'Lossy: a draft is kept if it is among the model’s k first choices.',
  options: Type.Object({
    k: Type.Integer({ minimum: 1, default: 2, description: 'First choices that count as right; 1 is `exact`.' }),
  }),
  create: (_context, { k }) => ({
    keeps: k === 1 ? ['greedy'] : [],
    accept(tree, target) {
      const path = longestPath(tree, (node, parent) => {
        const rank = rankOf(tree.tokens[node], target, parent);
        return rank < k ? -rank : undefined;
      });
      return { path, next: target.argmax(path.at(-1) ?? -1) };
    },
  }),
});

/**
 * Tokens that the model would take before this one: 0 for its first choice. Infinite for what the row's sampling leaves
 * out: banned tokens are never kept.
 */
function rankOf(token: number, target: Verdict, node: number): number {
  const first = target.argmax(node);
  // Not by p, in which rounding may make ties that logits do not have.
  if (token === first) return 0;
  const p_V = target.p(node);
  const own = p_V[token];
  if (own === 0) return Number.POSITIVE_INFINITY;
  let rank = 1;
  for (let other = 0; other < p_V.length; other++) {
    if (other !== first && (p_V[other] > own || (p_V[other] === own && other < token))) rank++;
  }
  return rank;
}
