import { expect, test } from 'vitest';
import { pathTo } from './path.ts';

test('the path to a node holds the candidates from the first level down to it, and not the pending token', () => {
  const parent = [-1, -1, 0, 2];
  const tokens = [5, 6, 7, 8];
  expect(pathTo(-1, parent, tokens)).toEqual([]);
  expect(pathTo(1, parent, tokens)).toEqual([6]);
  expect(pathTo(3, parent, tokens)).toEqual([5, 7, 8]);
});
