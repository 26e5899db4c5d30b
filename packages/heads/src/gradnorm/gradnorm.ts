import { defineWeighting, Type } from '@foretoken/core/plugin';

/** A weight never falls below: a term of weight 0 sits out, shows no gradient, and would never come back. */
const SMALLEST = 1e-3;

type Learned = {
  readonly weights: readonly number[];
  /** Of the first step that each term took part in. */
  readonly firstLosses: readonly (number | null)[];
};

/**
 * Learned weights: brings every weighted gradient norm w_k G_k to mean(w G) r_k^alpha, where r_k is how little of the loss
 * term k has lost so far, over the mean of the terms. A step goes down the gradient of
 *
 *     sum_k | w_k G_k - mean(w G) r_k^alpha | / mean(w G)
 *
 * in w, the wanted norms held fixed; then the weights of the terms that took part are scaled to a mean of 1.
 *
 * @source Chen et al. 2018, arXiv:1711.02257, algorithm 1; the division by the mean norm, which makes the rate independent
 * of the gradients' scale, and gradients at the hidden states instead of the last shared weights are ours
 */
export default defineWeighting({
  name: 'gradnorm',
  description: 'Learned weights: terms that learn slowly get longer gradients.',
  options: Type.Object({
    rate: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.025,
      description: 'Learning rate of the weights.',
    }),
    alpha: Type.Number({
      minimum: 0,
      maximum: 10,
      default: 1.5,
      description: 'Strength: 0 makes all weighted gradients equally long.',
    }),
  }),
  create: (_, { rate, alpha }) => ({
    needs: 'gradient-norms',
    start: (terms: readonly string[]): Learned => ({
      weights: terms.map(() => 1),
      firstLosses: terms.map(() => null),
    }),
    now: ({ weights }: Learned) => weights,
    learn({ weights, firstLosses }: Learned, { losses, active, gradientNorms = [] }): Learned {
      const first = firstLosses.map((loss, k) => loss ?? (active[k] ? losses[k] : null));
      const among = active.flatMap((isActive, k) => (isActive ? [k] : []));
      const pulls = wantedPulls(
        among.map((k) => weights[k] * gradientNorms[k]),
        among.map((k) => lossLeft(losses[k], first[k])),
        alpha,
      );
      const meanNorm = mean(among.map((k) => weights[k] * gradientNorms[k]));
      const moved = [...weights];
      for (const [i, k] of among.entries()) {
        const slope = meanNorm === 0 ? 0 : (pulls[i] * gradientNorms[k]) / meanNorm;
        moved[k] = Math.max(SMALLEST, weights[k] - rate * slope);
      }
      const scale = mean(among.map((k) => moved[k]));
      for (const k of among) moved[k] = Math.max(SMALLEST, moved[k] / scale);
      return { weights: moved, firstLosses: first };
    },
  }),
});

/** Which way each weighted norm is off: 1 where it is too long, -1 where too short. */
function wantedPulls(norms: readonly number[], left: readonly number[], alpha: number): number[] {
  const [meanNorm, meanLeft] = [mean(norms), mean(left)];
  return norms.map((norm, i) => Math.sign(norm - meanNorm * (meanLeft === 0 ? 1 : left[i] / meanLeft) ** alpha));
}

/** Share of the first loss that is left; 1 where there was none. */
function lossLeft(loss: number, first: number | null): number {
  return first !== null && first > 0 ? Math.max(0, loss) / first : 1;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
