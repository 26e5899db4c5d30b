import { defineWeighting, offsetOfTerm, Type } from '@foretoken/core/plugin';

/**
 * Each offset weighs the inverse of how far ahead it looks, to a power: w_i = i^-power. Terms that are not called after an
 * offset weigh 1.
 *
 * The state is the list of weights: it goes into the checkpoint, so a resumed run ends in the same bits.
 *
 * @source name the paper, or say that it is yours
 */
export default defineWeighting({
  name: 'my-plugin',
  description: 'Each offset weighs the inverse of how far ahead it looks, to a power.',
  options: Type.Object({
    power: Type.Number({ minimum: 0, default: 1, description: 'How fast weights fall; 0 weighs all alike.' }),
  }),
  create: (_context, { power }) => ({
    start: (terms: readonly string[]) => terms.map((term) => (offsetOfTerm(term) ?? 1) ** -power),
    now: (weights: number[]) => weights,
  }),
});
