import type { Random, Verdict } from '@foretoken/core';
import { expect, test } from 'vitest';
import typical from './typical.ts';

const noRandom = {} as Random;
const saying = (...p: number[][]): Verdict => ({
  p: (node) => Float64Array.from(p[node + 1]),
  argmax: (node) => p[node + 1].indexOf(Math.max(...p[node + 1])),
  logits: () => new Float32Array(0),
});
const accept = (options: { epsilon: number; delta: number }, tokens: number[], parent: number[], target: Verdict) =>
  typical
    .create({}, options)
    .accept(
      { tokens: Int32Array.from(tokens), parent: Int32Array.from(parent), q: tokens.map(() => 'chosen') },
      target,
      noRandom,
    );
const isKept = (options: { epsilon: number; delta: number }, p: number[], token: number) =>
  accept(options, [token], [-1], saying(p, p)).path.length === 1;

test('it keeps nothing for certain', () => {
  expect(typical.create({}, { epsilon: 0.09, delta: 0.3 }).keeps).toEqual([]);
});

test('above epsilon a token is kept, at it or below it is not', () => {
  const p = [0.5, 0.25, 0.15, 0.1];
  const isKeptAt = (token: number) => isKept({ epsilon: 0.15, delta: 9 }, p, token);
  expect([0, 1, 2, 3].map(isKeptAt)).toEqual([true, true, false, false]);
});

test('where the model does not know, delta e^-H decides: H of (1/2, 1/4, 1/4) is 3/2 ln 2, e^-H is 0.35355', () => {
  const p = [0.5, 0.25, 0.25];
  expect(isKept({ epsilon: 1, delta: 0.7 }, p, 1)).toBe(true); // 0.2475
  expect(isKept({ epsilon: 1, delta: 0.71 }, p, 1)).toBe(false); // 0.2510
  expect(isKept({ epsilon: 1, delta: 1.41 }, p, 0)).toBe(true); // 0.4985
  expect(isKept({ epsilon: 1, delta: 1.42 }, p, 0)).toBe(false); // 0.5020
});

test('a flat distribution of many tokens keeps each of them by the defaults', () => {
  const flat = Array.from({ length: 16 }, () => 1 / 16);
  expect(isKept({ epsilon: 0.09, delta: 0.3 }, flat, 7)).toBe(true);
  expect(isKept({ epsilon: 0.09, delta: 1.01 }, flat, 7)).toBe(false);
});

test('an impossible token is never kept', () => {
  expect(isKept({ epsilon: 1e-9, delta: 1e-9 }, [0.5, 0.5, 0], 2)).toBe(false);
});

test('next is the first choice after the longest path; of equal ones the more probable path', () => {
  const options = { epsilon: 0.1, delta: 9 };
  // Tokens 0 and 1 below the pending one, 0 below the first, 1 below the second.
  const nodes = [
    [0, 1, 0, 1],
    [-1, -1, 0, 1],
  ] as const;
  const first = saying([0.6, 0.4], [0.3, 0.7], [0.2, 0.8], [0.1, 0.9], [0.9, 0.1]);
  // 0.6 * 0.3 against 0.4 * 0.8.
  expect(accept(options, [...nodes[0]], [...nodes[1]], first)).toEqual({ path: Int32Array.of(1, 3), next: 0 });
  const second = saying([0.95, 0.05], [0.05, 0.95], [0, 1]);
  expect(accept(options, [...nodes[0]], [...nodes[1]], second)).toEqual({ path: Int32Array.of(0), next: 1 });
});
