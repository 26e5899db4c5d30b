import type { AcceptanceRule, Verdict } from '@foretoken/core';
import { expect, test } from 'vitest';
import exact from './exact.ts';

const rule: AcceptanceRule = exact.create({}, {});
const noRandom = {} as Parameters<AcceptanceRule['accept']>[2];

/** A model whose first choice after node -1, 0, 1, ... is listed. */
const choices = (...list: number[]): Verdict => ({
  argmax: (node) => list[node + 1],
  p: () => new Float64Array(0),
  logits: () => new Float32Array(0),
});
const accept = (tokens: number[], parent: number[], target: Verdict) =>
  rule.accept(
    { tokens: Int32Array.from(tokens), parent: Int32Array.from(parent), q: tokens.map(() => 'chosen') },
    target,
    noRandom,
  );

test('it says that it keeps greedy decoding, and nothing else', () => {
  expect(rule.keeps).toEqual(['greedy']);
});

test('without drafts the first choice is next', () => {
  expect(accept([], [], choices(7))).toEqual({ path: Int32Array.of(), next: 7 });
});

// Of a chain of two drafts, every pattern of right and wrong: a right one behind a wrong one does not count.
test.each([
  ['right right', [4, 5], [4, 5, 6], [0, 1], 6],
  ['right wrong', [4, 9], [4, 5, 6], [0], 5],
  ['wrong right', [9, 5], [4, 5, 6], [], 4],
  ['wrong wrong', [9, 9], [4, 5, 6], [], 4],
])('of a chain that is %s the leading right ones stay', (_, tokens, wanted, path, next) => {
  expect(accept(tokens, [-1, 0], choices(...wanted))).toEqual({ path: Int32Array.from(path), next });
});

test('in a tree it follows the branch that the model takes', () => {
  // Tokens 1 and 2 below the pending token; 3 below 1; 3 and 4 below 2.
  const tree = [
    [1, 2, 3, 3, 4],
    [-1, -1, 0, 1, 1],
  ] as const;
  expect(accept([...tree[0]], [...tree[1]], choices(2, 0, 4, 0, 0, 8))).toEqual({ path: Int32Array.of(1, 4), next: 8 });
  expect(accept([...tree[0]], [...tree[1]], choices(2, 0, 5, 0, 0, 8))).toEqual({ path: Int32Array.of(1), next: 5 });
});

test('the right token below another branch is not its own', () => {
  expect(accept([1, 2, 3], [-1, -1, 0], choices(2, 0, 3, 9))).toEqual({ path: Int32Array.of(1), next: 3 });
});
