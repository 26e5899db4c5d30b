import { defineAcceptanceRule, longestPath, Type } from '@foretoken/core/plugin';

/**
 * Keeps drafted tokens whose id is near the model's first choice's: |x - argmax p| <= distance, where p(x) > 0. Lossy above 0.
 *
 * It means something only where near ids mean near things: bytes of images or of sound, pixel values, quantized numbers.
 *
 * @source after the distance-based selection of Stern et al. 2018, arXiv:1811.03115
 */
export default defineAcceptanceRule({
  name: 'distance',
  description: 'Lossy: a draft is kept if its id is near the model’s first choice’s; for ordered vocabularies.',
  options: Type.Object({
    distance: Type.Integer({
      minimum: 0,
      default: 2,
      description: 'How far a token id may lie from the first choice’s; 0 is `exact`.',
    }),
  }),
  create: (_context, { distance }) => ({
    keeps: distance === 0 ? ['greedy'] : [],
    accept(tree, target) {
      const path = longestPath(tree, (node, parent) => {
        const token = tree.tokens[node];
        const off = Math.abs(token - target.argmax(parent));
        if (off > distance) return undefined;
        // What the row's sampling leaves out is never kept, however near: a banned token say.
        return off === 0 || target.p(parent)[token] > 0 ? -off : undefined;
      });
      return { path, next: target.argmax(path.at(-1) ?? -1) };
    },
  }),
});
