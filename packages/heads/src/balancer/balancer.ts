import { defineWeighting, Type } from '@foretoken/core/plugin';
import { listed, namedWeights, startTerms, weighTerms, weightList } from '../term-weights/term-weights.ts';

type Running = {
  readonly terms: readonly string[];
  /** Exponentially weighted sum of each term's gradient norms, and of as many ones. */
  readonly sums: readonly number[];
  readonly counts: readonly number[];
  /** Terms that took part in the last step. */
  readonly active: readonly boolean[];
};

/**
 * Gives each term's gradient a fixed share of the whole length, whatever the scale of its loss:
 *
 *     w_k <G_k> = R lambda_k / sum_j lambda_j
 *
 * over the terms that take part, where <G_k> is the running mean of its gradient norms in the steps so far.
 *
 * @source Défossez et al. 2022 (EnCodec), arXiv:2210.13438, sec. 3.4; R is 1 there. By default it is the sum of the
 * unweighted norms here, so that clipping and learning rate mean what they mean under `uniform`
 */
export default defineWeighting({
  name: 'balancer',
  description: 'Every term’s gradient gets a fixed share of the whole length.',
  options: Type.Object({
    weights: weightList('Shares lambda by offset.', [1]),
    decay: Type.Number({
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.999,
      description: 'Decay of the running mean of gradient norms.',
    }),
    norm: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description: 'Length R of all weighted gradients together; default: that of the unweighted ones.',
      }),
    ),
    terms: namedWeights,
  }),
  create: (_, { weights, decay, norm, terms: named }) => ({
    needs: 'gradient-norms',
    start: (terms: readonly string[]): Running => ({
      terms: startTerms('balancer', terms, named),
      sums: terms.map(() => 0),
      counts: terms.map(() => 0),
      active: terms.map(() => false),
    }),
    now(running: Running): number[] {
      const lambdas = weighTerms(running.terms, named, (offset) => listed(weights, offset));
      return balanced(running, lambdas, norm);
    },
    learn: ({ terms, sums, counts }: Running, { active, gradientNorms = [] }): Running => ({
      terms,
      sums: sums.map((sum, k) => (active[k] ? decay * sum + (1 - decay) * gradientNorms[k] : sum)),
      counts: counts.map((count, k) => (active[k] ? decay * count + (1 - decay) : count)),
      active,
    }),
  }),
});

function balanced({ sums, counts, active }: Running, lambdas: readonly number[], norm: number | undefined): number[] {
  const seen = sums.map((sum, k) => (counts[k] > 0 ? sum / counts[k] : 0));
  const known = seen.filter((length, k) => length > 0 && active[k]);
  // The first step shows nothing yet: the weights are the shares, as if all gradients were equally long.
  const usual = known.length > 0 ? total(known) / known.length : 1;
  // A term that was never seen, or through which nothing flows, counts as one of the usual length.
  const lengths = seen.map((length) => (length > 0 ? length : usual));
  const isFirst = !active.some(Boolean);
  const among = lambdas.map((lambda, k) => lambda > 0 && (isFirst || active[k]));
  const ofThose = (values: readonly number[]) => total(values.filter((_, k) => among[k]));
  const wanted = known.length > 0 && norm !== undefined ? norm : ofThose(lengths);
  const shares = ofThose(lambdas);
  return lambdas.map((lambda, k) => (shares === 0 ? 0 : (wanted * lambda) / (shares * lengths[k])));
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
