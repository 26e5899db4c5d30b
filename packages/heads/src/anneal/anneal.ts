import { defineWeighting, Type } from '@foretoken/core/plugin';
import { listed, namedWeights, startTerms, weighTerms, weightList } from '../term-weights/term-weights.ts';

/**
 * Starts from a list of weights and lets those of offsets 2 and further fall to 0 on a straight line: training ends as
 * next-token prediction.
 *
 * @source Jordan et al. (modded-nanogpt), pull request 178: [1, .5, .25] annealed to [1]; one line for all offsets is ours
 */
export default defineWeighting({
  name: 'anneal',
  description: 'Weights of offsets 2 and further fall to 0: [1, .5, .25] ends as [1].',
  options: Type.Object({
    weights: weightList('Weights at the start, by offset.', [1, 0.5, 0.25]),
    share: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1,
      description: 'Share of the run after which offsets 2 and further weigh 0.',
    }),
    terms: namedWeights,
  }),
  create: (_, { weights, share, terms: named }) => ({
    start: (terms: readonly string[]) => startTerms('anneal', terms, named),
    now(terms: string[], { step, steps }) {
      const left = Math.max(0, 1 - step / (steps * share));
      return weighTerms(terms, named, (offset) => listed(weights, offset) * (offset === 1 ? 1 : left));
    },
  }),
});
