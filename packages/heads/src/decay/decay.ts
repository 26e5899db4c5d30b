import { defineWeighting, Type } from '@foretoken/core/plugin';
import { namedWeights, startTerms, weighTerms } from '../term-weights/term-weights.ts';

/**
 * Each further offset weighs `beta` times the one before: w_i = beta^(i-1).
 *
 * @source Cai et al. 2025 (FastMTP), arXiv:2509.18362, eq. 2, without its division by the sum of the weights: offset 1 keeps
 * the weight 1 whatever the horizon
 */
export default defineWeighting({
  name: 'decay',
  description: 'Each further offset weighs beta times the one before.',
  options: Type.Object({
    beta: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.6,
      description: 'Weight of an offset over the one before.',
    }),
    terms: namedWeights,
  }),
  create: (_, { beta, terms: named }) => ({
    start: (terms: readonly string[]) =>
      weighTerms(startTerms('decay', terms, named), named, (offset) => beta ** (offset - 1)),
    now: (state: number[]) => state,
  }),
});
