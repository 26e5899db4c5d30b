// R rows, V vocabulary: two and three.
import { expect, test } from 'vitest';
import { crossEntropy } from './cross-entropy.ts';

const log = Math.log;
const rounded = (value: number) => Math.round(value * 1e5) / 1e5;
const LN_2 = rounded(log(2));

/** Both rows of two, over what was in the memory before. */
function rowsOf(logits_RV: number[], target_R: number[]) {
  const weights = logits_RV.map(Math.exp);
  const sums = [0, 3].map((start) => weights[start] + weights[start + 1] + weights[start + 2]);
  const loss_R = new Float32Array(2).fill(99);
  const dLogits_RV = new Float32Array(6).fill(99);
  const probabilities_RV = Float32Array.from(weights, (weight, at) => weight / sums[Math.floor(at / 3)]);
  crossEntropy(loss_R, dLogits_RV, probabilities_RV, Float32Array.from(logits_RV), target_R, 3);
  const round = (values: Float32Array) => Array.from(values, rounded);
  return { loss: round(loss_R), gradient: round(dLogits_RV) };
}

test('a row costs -log p of its target, and its gradient is softmax less one-hot', () => {
  // Probabilities 1/4, 1/2, 1/4 and 1/8, 1/8, 3/4.
  const logits = [0, log(2), 0, 0, 0, log(6)];
  expect(rowsOf(logits, [0, 2])).toEqual({
    loss: [1.38629, 0.28768],
    gradient: [-0.75, 0.5, 0.25, 0.125, 0.125, -0.25],
  });
  expect(rowsOf(logits, [1, 0])).toEqual({
    loss: [LN_2, 2.07944],
    gradient: [0.25, -0.5, 0.25, -0.875, 0.125, 0.75],
  });
});

test('an ignored row costs nothing, moves nothing, and leaves its neighbour alone', () => {
  const logits = [log(2), 0, 0, log(6), 0, 0];
  expect(rowsOf(logits, [-1, 0])).toEqual({ loss: [0, 0.28768], gradient: [0, 0, 0, -0.25, 0.125, 0.125] });
  expect(rowsOf(logits, [0, -1])).toEqual({ loss: [LN_2, 0], gradient: [-0.5, 0.25, 0.25, 0, 0, 0] });
});

test('a target whose probability is 0 in float32 costs its distance in logits, wherever the largest stands', () => {
  expect(rowsOf([0, -200, 0, -200, 0, -300], [1, 2]).loss).toEqual([200 + LN_2, 300]);
  expect(rowsOf([-200, -200, 5, 5, -200, -200], [0, 1]).loss).toEqual([205, 205]);
});
