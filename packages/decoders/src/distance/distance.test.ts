import type { Random, Verdict } from '@foretoken/core';
import { expect, test } from 'vitest';
import distanceRule from './distance.ts';

const noRandom = {} as Random;
/** A model whose first choice after node -1, 0, 1, ... is listed. */
const choices = (...list: number[]): Verdict => ({
  argmax: (node) => list[node + 1],
  p: () => new Float64Array(50).fill(1 / 50),
  logits: () => new Float32Array(0),
});
const accept = (distance: number, tokens: number[], parent: number[], target: Verdict) =>
  distanceRule
    .create({}, { distance })
    .accept(
      { tokens: Int32Array.from(tokens), parent: Int32Array.from(parent), q: tokens.map(() => 'chosen') },
      target,
      noRandom,
    );

test('only with distance 0 does it keep greedy decoding', () => {
  expect(distanceRule.create({}, { distance: 0 }).keeps).toEqual(['greedy']);
  expect(distanceRule.create({}, { distance: 1 }).keeps).toEqual([]);
});

test.each([
  [0, [10]],
  [1, [9, 10, 11]],
  [2, [8, 9, 10, 11, 12]],
])('within a distance of %i of token 10 lie %j', (distance, near) => {
  const kept = [7, 8, 9, 10, 11, 12, 13].filter(
    (token) => accept(distance, [token], [-1], choices(10, 0)).path.length > 0,
  );
  expect(kept).toEqual(near);
});

test('each token is held against the choice after the tokens that were kept, and next is such a choice', () => {
  // Kept 11 (choice 10), then 21 (choice 20), then 33 is 3 off the choice 30: the bonus is 30.
  expect(accept(2, [11, 21, 33], [-1, 0, 1], choices(10, 20, 30, 40))).toEqual({ path: Int32Array.of(0, 1), next: 30 });
});

test('the longest path wins; of equal ones the nearer', () => {
  expect(accept(2, [11, 10], [-1, -1], choices(10, 0, 7)).path).toEqual(Int32Array.of(1));
  expect(accept(2, [11, 10, 20], [-1, -1, 0], choices(10, 20, 7, 8))).toEqual({ path: Int32Array.of(0, 2), next: 8 });
});

test('what the sampling of a row rules out is not kept, however near', () => {
  const p_V = new Float64Array(50).fill(1 / 49);
  p_V[11] = 0;
  const target = { ...choices(10, 0, 0), p: () => p_V };
  expect(accept(2, [11, 12], [-1, -1], target)).toEqual({ path: Int32Array.of(1), next: 0 });
});

test('the first choice itself is kept, though its probability be rounded to nothing', () => {
  const target = { ...choices(10, 7), p: () => new Float64Array(50) };
  expect(accept(2, [10], [-1], target)).toEqual({ path: Int32Array.of(0), next: 7 });
  expect(accept(2, [11], [-1], target).path).toHaveLength(0);
});

test('where nothing is kept, next is the choice after the pending token', () => {
  expect(accept(1, [20, 30], [-1, -1], choices(10, 7, 8))).toEqual({ path: Int32Array.of(), next: 10 });
});
