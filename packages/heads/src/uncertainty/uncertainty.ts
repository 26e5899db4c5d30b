import { defineWeighting, Type } from '@foretoken/core/plugin';

/** A loss below e^-10 nats, or above e^10, counts as that: a term that is learnt by heart takes no unbounded weight. */
const LARGEST = 10;

/**
 * Learned log-variances: minimizes sum_k exp(-s_k) L_k + s_k over s by gradient descent beside the model's own, from
 * s = 0. Each weight exp(-s_k) settles at the inverse of its loss, so that all terms count alike.
 *
 * @source Kendall, Gal & Cipolla 2018, arXiv:1705.07115, eq. 7 (regression) times 2, with s = log sigma^2; the
 * classification form halves every weight
 */
export default defineWeighting({
  name: 'uncertainty',
  description: 'Learned log-variances: each weight settles at the inverse of its loss.',
  options: Type.Object({
    rate: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.01,
      description: 'Learning rate of the log-variances.',
    }),
  }),
  create: (_, { rate }) => ({
    start: (terms: readonly string[]) => terms.map(() => 0),
    now: (logVariances: number[]) => logVariances.map((s) => Math.exp(-s)),
    learn: (logVariances, { losses, active }) =>
      logVariances.map((s, k) => (active[k] ? clamp(s - rate * (1 - Math.exp(-s) * losses[k])) : s)),
  }),
});

function clamp(s: number): number {
  return Math.min(LARGEST, Math.max(-LARGEST, s));
}
