import { expect, test } from 'vitest';
import { chainTree, emptyTree, firstLevels, isPath, levelsOf, nodesPerLevel, subtree, treeFault } from './tree.ts';

/** 0 and 1 below the pending token, 2 and 3 below 0, 4 below 3. */
const tree = {
  tokens: Int32Array.of(5, 6, 7, 8, 9),
  parent: Int32Array.of(-1, -1, 0, 0, 3),
  q: ['chosen', 'chosen', Float64Array.of(1), 'chosen', 'chosen'] as const,
};

test('a chain is one branch of tokens that were chosen', () => {
  expect(chainTree([5, 6, 7])).toEqual({
    tokens: Int32Array.of(5, 6, 7),
    parent: Int32Array.of(-1, 0, 1),
    q: ['chosen', 'chosen', 'chosen'],
  });
  expect(chainTree([])).toEqual({ tokens: new Int32Array(0), parent: new Int32Array(0), q: [] });
});

test('levels are counted from the children of the pending token', () => {
  expect(levelsOf(tree)).toEqual(Int32Array.of(1, 1, 2, 2, 3));
  expect(nodesPerLevel(tree)).toEqual([2, 2, 1]);
});

test('the first levels of a tree keep its form under new numbers', () => {
  const deepFirst = { ...tree, parent: Int32Array.of(-1, 0, 1, -1, 3) };
  expect(firstLevels(deepFirst, 1)).toEqual({
    tokens: Int32Array.of(5, 8),
    parent: Int32Array.of(-1, -1),
    q: ['chosen', 'chosen'],
  });
  expect(firstLevels(deepFirst, 2)).toEqual({
    tokens: Int32Array.of(5, 6, 8, 9),
    parent: Int32Array.of(-1, 0, -1, 2),
    q: ['chosen', 'chosen', 'chosen', 'chosen'],
  });
  expect(firstLevels(deepFirst, 0).tokens).toHaveLength(0);
  expect(firstLevels(deepFirst, 3)).toBe(deepFirst);
});

test('a path starts at the pending token and skips nothing', () => {
  for (const path of [[], [0], [1], [0, 2], [0, 3, 4]]) expect(isPath(tree, Int32Array.from(path))).toBe(true);
  for (const path of [[2], [1, 2], [0, 4], [0, 0], [-1], [5]]) expect(isPath(tree, Int32Array.from(path))).toBe(false);
});

test('a parent must come before its child', () => {
  expect(treeFault(tree)).toBeUndefined();
  expect(treeFault({ ...tree, parent: Int32Array.of(-1, 1, 0, 0, 3) })).toMatch('node 1');
  expect(treeFault({ ...tree, parent: Int32Array.of(-1, -1, 0, 0, -2) })).toMatch('node 4');
  expect(treeFault({ ...tree, parent: Int32Array.of(0, -1, 0, 0, 3) })).toBe(
    'the parent of node 0 must be -1 or an earlier node, was 0',
  );
  expect(treeFault({ ...tree, q: [] })).toBe('tokens, parent and q must be equally long, were 5, 5 and 0');
  expect(treeFault({ ...tree, parent: Int32Array.of(-1) })).toMatch('equally long, were 5, 1 and 5');
});

test('a subtree keeps order, tokens and distributions, and renumbers parents', () => {
  const deep = { ...tree, parent: Int32Array.of(-1, -1, 1, 0, 2) };
  expect(subtree(deep, (node) => node !== 0 && node !== 3)).toEqual({
    tokens: Int32Array.of(6, 7, 9),
    parent: Int32Array.of(-1, 0, 1),
    q: ['chosen', Float64Array.of(1), 'chosen'],
  });
  expect(subtree(deep, () => true)).toBe(deep);
  expect(subtree(deep, () => false)).toEqual(emptyTree());
});
