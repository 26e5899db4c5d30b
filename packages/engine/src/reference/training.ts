// N rows, V vocabulary.
import { type Array64, fill, valueAt } from './array.ts';
import { logSoftmax } from './reduce.ts';

/** Cross-entropy of each row of logits [N,V]; 0 where the target is -1. */
export function crossEntropy(logits: Array64, target_N: ArrayLike<number>): Array64 {
  const logs = logSoftmax(logits);
  return fill([logits.shape[0]], (row) => (target_N[row] < 0 ? 0 : -valueAt(logs, row, target_N[row])));
}

/** What one AdamW step needs of its options. */
export interface AdamWRates {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly step: number;
  readonly gradientScale: number;
}

/** One AdamW step, as algorithm 2 of the paper writes it. @source Loshchilov & Hutter 2019, arXiv:1711.05101 */
export function adamw(weight: Array64, gradient: Array64, moment1: Array64, moment2: Array64, rates: AdamWRates) {
  const { learningRate, beta1, beta2, epsilon, weightDecay, step, gradientScale } = rates;
  const g = (index: number) => gradient.values[index] * gradientScale;
  const m1 = fill(weight.shape, (index) => beta1 * moment1.values[index] + (1 - beta1) * g(index));
  const m2 = fill(weight.shape, (index) => beta2 * moment2.values[index] + (1 - beta2) * g(index) ** 2);
  const moved = fill(weight.shape, (index) => {
    const unbiased1 = m1.values[index] / (1 - beta1 ** step);
    const unbiased2 = m2.values[index] / (1 - beta2 ** step);
    const direction = unbiased1 / (Math.sqrt(unbiased2) + epsilon) + weightDecay * weight.values[index];
    return weight.values[index] - learningRate * direction;
  });
  return { weight: moved, moment1: m1, moment2: m2 };
}

/** Sum of squares over all arrays. */
export function sumOfSquares(arrays: readonly Array64[]): number {
  return arrays.reduce((total, { values }) => values.reduce((sum, value) => sum + value * value, total), 0);
}
