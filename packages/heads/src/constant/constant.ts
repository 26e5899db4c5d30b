import { defineWeighting, Type } from '@foretoken/core/plugin';
import { listed, namedWeights, startTerms, weighTerms, weightList } from '../term-weights/term-weights.ts';

/**
 * Fixed weights from a list; the last one repeats.
 *
 * @source ours; the constant MTP scale of Megatron-Core is .1
 */
export default defineWeighting({
  name: 'constant',
  description: 'Fixed weights from a list; the last one repeats.',
  options: Type.Object({ weights: weightList('Weights by offset.'), terms: namedWeights }),
  create: (_, { weights, terms: named }) => ({
    start: (terms: readonly string[]) =>
      weighTerms(startTerms('constant', terms, named), named, (offset) => listed(weights, offset)),
    now: (state: number[]) => state,
  }),
});
