import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  drawIndex,
  indexOfLargest,
  indicesOfLargest,
  overVocabulary,
  pointMass,
  softmax,
  without,
} from './distribution.ts';

test('the lowest index wins a tie', () => {
  expect(indexOfLargest([1, 3, 3, 2])).toBe(1);
  expect(indicesOfLargest([1, 3, 3, 2], 3)).toEqual([1, 2, 3]);
  expect(indicesOfLargest([2, 2], 5)).toEqual([0, 1]);
});

test('few or many, the largest come as a stable sort of all of them would put them', () => {
  const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(Number.NEGATIVE_INFINITY));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 150 }), fc.oneof(fc.nat(6), fc.nat(160)), (values, count) => {
      fc.pre(values.length > 0);
      const sorted = [...values.keys()].sort((a, b) =>
        values[a] === values[b] ? a - b : values[a] > values[b] ? -1 : 1,
      );
      expect(indicesOfLargest(values, count)).toEqual(sorted.slice(0, count));
    }),
  );
});

test('a softmax of huge logits is finite and sums to 1', () => {
  const p = softmax(Float64Array.of(1000, 1000 - Math.log(3), -1e30));
  expect(p[0]).toBeCloseTo(0.75, 6);
  expect(p[1]).toBeCloseTo(0.25, 6);
  expect(p[2]).toBe(0);
});

test('a draw goes to the index whose share of [0, 1) holds the number', () => {
  const p = Float64Array.of(0, 0.25, 0, 0.5, 0.25);
  for (const [uniform, index] of [
    [0, 1],
    [0.24, 1],
    [0.25, 3],
    [0.74, 3],
    [0.75, 4],
    [0.999, 4],
  ]) {
    expect(drawIndex(p, uniform)).toBe(index);
  }
});

test('a draw beyond a sum that rounding left below 1 never gives an impossible index', () => {
  expect(drawIndex(Float64Array.of(0.5, 0.25, 0), 0.9)).toBe(1);
});

test('a vocabulary of its own is spread over the token ids', () => {
  const out = overVocabulary(Float64Array.of(0.75, 0.25), new Float64Array(4), Int32Array.of(3, 1), 0);
  expect(out).toEqual(Float64Array.of(0, 0.25, 0, 0.75));
});

test('what is left without some indices is a distribution again, or nothing', () => {
  const p = Float64Array.of(0.5, 0.25, 0.25, 0);
  expect(without(p, [0])).toEqual(Float64Array.of(0, 0.5, 0.5, 0));
  expect(without(p, [1, 2, 1])).toEqual(pointMass(0, 4));
  expect(without(p, [0, 1, 2])).toBeUndefined();
  expect(p).toEqual(Float64Array.of(0.5, 0.25, 0.25, 0));
});
