import { expect, test } from 'vitest';
import type { Verdict } from '../contracts/decoding.ts';
import { keptLogProbabilities } from './log-probabilities.ts';

/** Probabilities after node -1, 0, 1, 2: as logits they are shifted by a constant, which changes nothing. */
const after = [
  [0.5, 0.25, 0.125, 0.125],
  [0.1, 0.2, 0.3, 0.4],
  [1, 1, 1, 1],
  [0.7, 0.1, 0.1, 0.1],
];
const verdict: Verdict = {
  argmax: () => 0,
  p: () => new Float64Array(0),
  logits: (node) => Float32Array.from(after[node + 1], (p) => Math.log(p) + 5),
};

test('a token is judged by what the model said after its parent, not after itself', () => {
  const kept = keptLogProbabilities(verdict, { path: Int32Array.of(0, 2) }, Int32Array.of(1, 3, 0), 0);
  expect(kept.map(({ token }) => token)).toEqual([1, 3, 0]);
  for (const [index, p] of [0.25, 0.4, 0.7].entries()) expect(kept[index].logProbability).toBeCloseTo(Math.log(p), 6);
  expect(kept.map(({ top }) => top)).toEqual([[], [], []]);
});

test('tokens that were cut off have none', () => {
  expect(keptLogProbabilities(verdict, { path: Int32Array.of(0, 2) }, Int32Array.of(1), 0)).toHaveLength(1);
});

test('alternatives come best first, of a tie the lowest id, the token itself among them if it is one', () => {
  const [{ top }] = keptLogProbabilities(verdict, { path: new Int32Array(0) }, Int32Array.of(3), 3);
  expect(top.map(({ token }) => token)).toEqual([0, 1, 2]);
  expect(top[2].logProbability).toBeCloseTo(Math.log(0.125), 6);
});

test('huge logits and tokens that a readout does not know give no NaN', () => {
  const logits = () => Float32Array.of(1e30, 0, Number.NEGATIVE_INFINITY);
  const [first, last] = keptLogProbabilities(
    { ...verdict, logits },
    { path: Int32Array.of(0) },
    Int32Array.of(0, 2),
    3,
  );
  expect(first.logProbability).toBe(0);
  expect(last.logProbability).toBe(Number.NEGATIVE_INFINITY);
  expect(first.top.map(({ token }) => token)).toEqual([0, 1, 2]);
});
