import { expect, test } from 'vitest';
import { longestPath } from './longest-path.ts';

/** 0 and 1 below the pending token, 2 and 3 below 0, 4 below 1, 5 below 4. */
const tree = { parent: Int32Array.of(-1, -1, 0, 0, 1, 4) };
const longest = (worths: Record<number, number>) => [...longestPath(tree, (node) => worths[node])];

test('the longest path that is taken wins, whatever it is worth', () => {
  expect(longest({ 0: 9, 2: 9, 1: 1, 4: 1, 5: 1 })).toEqual([1, 4, 5]);
  expect(longest({ 0: 1, 1: 9, 3: 1 })).toEqual([0, 3]);
  expect(longestPath({ parent: Int32Array.of(-1, 0, -1) }, (node) => node ** 2)).toEqual(Int32Array.of(0, 1));
});

test('of equally long paths the whole path is weighed, then the earlier node wins', () => {
  expect(longest({ 0: 1, 1: 5, 2: 7, 3: 8, 4: 3 })).toEqual([0, 3]);
  expect(longest({ 0: 1, 1: 5, 2: 4, 3: 4, 4: 0 })).toEqual([0, 2]);
  expect(longest({ 0: 1, 1: 9, 2: 5, 4: 3 })).toEqual([1, 4]);
  expect(longest({ 0: -3, 1: -1 })).toEqual([1]);
  expect(longest({ 0: -1, 1: -3 })).toEqual([0]);
});

test('nothing is taken below what is not taken, nor asked about', () => {
  expect(longest({ 2: 1, 3: 1, 4: 1, 5: 1 })).toEqual([]);
  expect(longest({ 0: 1, 5: 1 })).toEqual([0]);
  const asked: [number, number][] = [];
  longestPath(tree, (node, parent) => {
    asked.push([node, parent]);
    return node === 0 || node === 2 ? 0 : undefined;
  });
  expect(asked).toEqual([
    [0, -1],
    [1, -1],
    [2, 0],
    [3, 0],
  ]);
  asked.length = 0;
  longestPath(tree, (node, parent) => {
    asked.push([node, parent]);
    return node === 1 ? 0 : undefined;
  });
  expect(asked).toEqual([
    [0, -1],
    [1, -1],
    [4, 1],
  ]);
});

test('a tree without a node has the empty path', () => {
  expect(longestPath({ parent: new Int32Array(0) }, () => 1)).toEqual(new Int32Array(0));
});
