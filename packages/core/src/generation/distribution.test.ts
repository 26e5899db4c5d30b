import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  drawIndex,
  entropyOf,
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

test('without nothing a distribution stays itself', () => {
  const p = Float64Array.of(0.1, 0.2, 0.7);
  expect(without(p, [])).toBe(p);
});

test('the entropy of a distribution is in nats, and what cannot be adds nothing', () => {
  expect(entropyOf(new Float64Array(8).fill(1 / 8))).toBeCloseTo(2.0794415416798357, 12); // ln 8
  expect(entropyOf(Float64Array.of(1, 0, 0))).toBe(0);
  // .5 ln 2 + 2 x .25 ln 4
  expect(entropyOf(Float64Array.of(0.5, 0, 0.25, 0.25))).toBeCloseTo(1.0397207708399179, 12);
});

test('of the largest, a NaN comes first wherever it stands', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { maxLength: 9 }), fc.nat(9), (values, at) => {
      const place = Math.min(at, values.length);
      expect(indexOfLargest([...values.slice(0, place), Number.NaN, ...values.slice(place), Number.NaN])).toBe(place);
    }),
  );
  expect(indexOfLargest([1, Number.POSITIVE_INFINITY, 2])).toBe(1);
  expect(indexOfLargest([Number.NEGATIVE_INFINITY, -5, Number.NEGATIVE_INFINITY])).toBe(1);
});
