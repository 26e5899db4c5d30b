import type { Random, Tree, Verdict } from '@foretoken/core';
import { isForetokenError } from '@foretoken/engine/errors';
import { describe, expect, test } from 'vitest';
import rejection from './rejection.ts';

// That the output is distributed as it should be is shown in ../acceptance; here single decisions, by hand.
const rule = rejection.create({}, {});

/** The uniform numbers that a rule is to get; it must ask for no other. */
const uniforms = (...values: number[]): Random => {
  const left = [...values];
  const uniform = () => {
    if (left.length === 0) throw new Error('no uniform number is left');
    return left.shift()!;
  };
  return { uniform } as Random;
};
const saying = (...p: number[][]): Verdict => ({
  p: (node) => Float64Array.from(p[node + 1]),
  argmax: () => 0,
  logits: () => new Float32Array(0),
});
const tree = (tokens: number[], parent: number[], q: (number[] | 'chosen')[]): Tree => ({
  tokens: Int32Array.from(tokens),
  parent: Int32Array.from(parent),
  q: q.map((one) => (one === 'chosen' ? one : Float64Array.from(one))),
});

test('it keeps the distribution, and takes chosen candidates', () => {
  expect(rule.keeps).toEqual(['distribution']);
  expect(rule.needsDrawn).toBeFalsy();
});

test('without drafts the next token is drawn from p', () => {
  expect(rule.accept(tree([], [], []), saying([0.25, 0.75]), uniforms(0.3))).toEqual({
    path: Int32Array.of(),
    next: 1,
  });
});

test('what is certain draws nothing: a draft with p >= q or p = 0, and a token that nothing else can be', () => {
  const none = uniforms();
  expect(rule.accept(tree([], [], []), saying([0, 1]), none)).toEqual({ path: Int32Array.of(), next: 1 });
  const sure = tree([1], [-1], [[0.2, 0.8]]);
  expect(rule.accept(sure, saying([0.1, 0.9], [1, 0]), none)).toEqual({ path: Int32Array.of(0), next: 0 });
  expect(rule.accept(sure, saying([1, 0], [0, 1]), none)).toEqual({ path: Int32Array.of(), next: 0 });
});

describe('one candidate', () => {
  const one = tree([1], [-1], [[0.2, 0.8]]);
  const target = saying([0.6, 0.4], [0.5, 0.5]);

  test('is kept while u is below p / q = 1/2, and the bonus is drawn after it', () => {
    expect(rule.accept(one, target, uniforms(0.49, 0.9))).toEqual({ path: Int32Array.of(0), next: 1 });
  });

  test('is replaced from what p has beyond q otherwise: token 0 alone', () => {
    for (const u of [0, 0.5, 0.999]) {
      expect(rule.accept(one, target, uniforms(0.5, u))).toEqual({ path: Int32Array.of(), next: 0 });
    }
  });

  test('is kept for certain where p is at least q', () => {
    expect(rule.accept(tree([0], [-1], [[0.2, 0.8]]), target, uniforms(1 - 2 ** -53, 0)).path).toHaveLength(1);
  });

  test('that the model never says is never kept', () => {
    expect(rule.accept(tree([1], [-1], [[0.5, 0.5]]), saying([1, 0], [1, 0]), uniforms(0, 0)).path).toHaveLength(0);
  });
});

test('a chosen candidate is kept with probability p, and leaves the rest of p', () => {
  const chosen = tree([2], [-1], ['chosen']);
  const target = saying([0.25, 0.25, 0.5], [1, 0, 0], [1, 0, 0], [1, 0, 0]);
  expect(rule.accept(chosen, target, uniforms(0.49, 0)).path).toEqual(Int32Array.of(0));
  expect(rule.accept(chosen, target, uniforms(0.5, 0.49)).next).toBe(0);
  expect(rule.accept(chosen, target, uniforms(0.5, 0.51)).next).toBe(1);
});

test('a second candidate is held against what the first left of p', () => {
  // p - q = (0.3, 0.2, 0) leaves (0.6, 0.4, 0). The second, drawn of (1/2, 1/2, 0): 0.6 / 0.5 keeps token 0 for certain.
  const siblings = tree(
    [2, 0],
    [-1, -1],
    [
      [0.1, 0.1, 0.8],
      [0.5, 0.5, 0],
    ],
  );
  const target = saying([0.4, 0.3, 0.3], [1, 0, 0], [0, 0, 1]);
  expect(rule.accept(siblings, target, uniforms(0.4, 0.999, 0))).toEqual({ path: Int32Array.of(1), next: 2 });
  // Token 1 has 0.4 / 0.5; where it is rejected, (0.1, 0, 0) is left: token 0.
  const other = { ...siblings, tokens: Int32Array.of(2, 1) };
  expect(rule.accept(other, target, uniforms(0.4, 0.79, 0)).path).toEqual(Int32Array.of(1));
  expect(rule.accept(other, target, uniforms(0.4, 0.81, 0.5))).toEqual({ path: Int32Array.of(), next: 0 });
});

test('it goes down the branch that it took, and its nephews are not looked at', () => {
  const branches = tree([0, 1, 0, 1], [-1, -1, 0, 1], ['chosen', 'chosen', 'chosen', 'chosen']);
  const target = saying([0.5, 0.5], [1, 0], [0, 1], [1, 0], [1, 0]);
  expect(rule.accept(branches, target, uniforms(0.6, 0.9, 0.9, 0.9))).toEqual({ path: Int32Array.of(1, 3), next: 0 });
});

test('what lies below a rejected candidate is not looked at', () => {
  const branches = tree([0, 1, 1], [-1, -1, 0], ['chosen', 'chosen', 'chosen']);
  const target = saying([0.5, 0.5], [1, 0], [0.6, 0.4]);
  // Node 0 is rejected at 0.9, node 1 certain then; the one number left draws the next token.
  expect(rule.accept(branches, target, uniforms(0.9, 0.3))).toEqual({ path: Int32Array.of(1), next: 0 });
});

describe('what rounding leaves', () => {
  test('where p and q differ by rounding alone, a rejected token’s successor is drawn from p', () => {
    const drawn = tree([0], [-1], [[0.3 + 4e-16, 0.7]]);
    const target = saying([0.3, 0.7]);
    expect(rule.accept(drawn, target, uniforms(1 - 2 ** -53, 0.2))).toEqual({ path: Int32Array.of(), next: 0 });
    expect(rule.accept(drawn, target, uniforms(1 - 2 ** -53, 0.4))).toEqual({ path: Int32Array.of(), next: 1 });
  });

  test('the smallest probabilities there are make neither NaN nor an impossible token', () => {
    const tiny = 5e-324;
    const drawn = tree([0], [-1], [[tiny, 1]]);
    expect(rule.accept(drawn, saying([tiny, 1], [0, 1]), uniforms(0.9, 0.5))).toEqual({
      path: Int32Array.of(0),
      next: 1,
    });
    expect(rule.accept(drawn, saying([0, 1], [0, 1]), uniforms(0, 0.5))).toEqual({ path: Int32Array.of(), next: 1 });
  });

  test('p is left as it was given', () => {
    const p = Float64Array.of(0.5, 0.5);
    rule.accept(tree([0], [-1], [[0.9, 0.1]]), { ...saying(), p: () => p }, uniforms(0.99, 0));
    expect(p).toEqual(Float64Array.of(0.5, 0.5));
  });
});

test.each([[[0, 1]], [[Number.NaN, 1]], [[]]])('a token that its q = %j cannot give is a fault of the draft', (q) => {
  try {
    rule.accept(tree([0], [-1], [q]), saying([0.5, 0.5]), uniforms(0));
  } catch (error) {
    expect(isForetokenError(error) && error.code).toBe('PLUGIN_INVALID');
    expect(String(error)).toContain('token 0 of node 0');
    expect(String(error)).toContain('said to be drawn from. Mend what drafted it');
    return;
  }
  throw new Error('accepted');
});
