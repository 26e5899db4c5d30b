import type { Random, Verdict } from '@foretoken/core';
import { expect, test } from 'vitest';
import topK from './top-k.ts';

const noRandom = {} as Random;
/** The model's distribution after node -1, 0, 1 ... */
const saying = (...p: number[][]): Verdict => ({
  p: (node) => Float64Array.from(p[node + 1]),
  argmax: (node) => p[node + 1].indexOf(Math.max(...p[node + 1])),
  logits: () => new Float32Array(0),
});
const accept = (k: number, tokens: number[], parent: number[], target: Verdict) =>
  topK
    .create({}, { k })
    .accept(
      { tokens: Int32Array.from(tokens), parent: Int32Array.from(parent), q: tokens.map(() => 'chosen') },
      target,
      noRandom,
    );
const keptOf = (k: number, p: number[]) =>
  p.map((_, token) => accept(k, [token], [-1], saying(p, p)).path.length).join('');

test('only with k = 1 does it keep greedy decoding', () => {
  expect(topK.create({}, { k: 1 }).keeps).toEqual(['greedy']);
  expect(topK.create({}, { k: 2 }).keeps).toEqual([]);
});

test('the k most probable tokens are kept, and the lowest ids of a tie', () => {
  const p = [0.1, 0.3, 0.1, 0.4, 0.1];
  expect(keptOf(1, p)).toBe('00010');
  expect(keptOf(2, p)).toBe('01010');
  expect(keptOf(3, p)).toBe('11010');
  expect(keptOf(4, p)).toBe('11110');
  expect(keptOf(9, p)).toBe('11111');
});

test('what the sampling leaves out is not kept, however large k is', () => {
  expect(keptOf(9, [0.5, 0, 0.5, 0])).toBe('1010');
});

test('the first choice is first even where its probability ties with that of a lower id', () => {
  const tied: Verdict = { ...saying([0.5, 0.5], [0.5, 0.5]), argmax: () => 1 };
  expect(accept(1, [0], [-1], tied).path).toHaveLength(0);
  expect(accept(1, [1], [-1], tied).path).toHaveLength(1);
  expect(accept(2, [0], [-1], tied).path).toHaveLength(1);
});

test('next is the first choice after the longest path; of equal ones that of better ranks', () => {
  const p = [0.5, 0.3, 0.2];
  const target = saying(p, p, p, p, p);
  // Token 1 then 0; token 0 then 1, 2: ranks 1 + 0 against 0 + 1 tie, so the earlier node wins.
  expect(accept(2, [1, 0, 0, 1], [-1, -1, 0, 1], target)).toEqual({ path: Int32Array.of(0, 2), next: 0 });
  expect(accept(2, [1, 0, 1, 0], [-1, -1, 0, 1], target).path).toEqual(Int32Array.of(1, 3));
  expect(accept(2, [1, 0, 0, 2], [-1, -1, 0, 1], target).path).toEqual(Int32Array.of(0, 2));
});

test('next is the choice after the last of what is kept, or after the pending token', () => {
  const sure = (token: number) => [0, 1, 2, 3, 4].map((other) => (other === token ? 0.6 : 0.1));
  const target = saying(sure(1), sure(2), sure(3), sure(4));
  expect(accept(1, [1, 2, 3], [-1, 0, 1], target)).toEqual({ path: Int32Array.of(0, 1, 2), next: 4 });
  expect(accept(1, [0, 0], [-1, -1], target)).toEqual({ path: Int32Array.of(), next: 1 });
});
