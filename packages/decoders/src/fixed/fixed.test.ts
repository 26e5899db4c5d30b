import type { DraftPolicy } from '@foretoken/core';
import { emptyTree } from '@foretoken/core';
import { expect, test } from 'vitest';
import fixed from './fixed.ts';

const asked = (policy: DraftPolicy, level: number) =>
  policy.grow(
    emptyTree(),
    [4],
    () => {
      throw new Error('a fixed draft needs no distribution');
    },
    { row: 0, level, levels: 20, trained: 3, rows: 1 },
  );

test('every level gets one first choice, as far as the option says', () => {
  const policy = fixed.create({}, { levels: 2 });
  expect(asked(policy, 1)).toEqual([{ node: 4, children: 1, sampled: false }]);
  expect(asked(policy, 2)).toHaveLength(1);
  expect(asked(policy, 3)).toEqual([]);
});

test('without the option every level that was trained is drafted, with 0 none', () => {
  expect(asked(fixed.create({}, {}), 3)).toHaveLength(1);
  expect(asked(fixed.create({}, {}), 4)).toEqual([]);
  expect(asked(fixed.create({}, { levels: 0 }), 1)).toEqual([]);
});

test('the option goes past what was trained, for heads that extend', () => {
  const policy = fixed.create({}, { levels: 9 });
  expect(asked(policy, 9)).toHaveLength(1);
  expect(asked(policy, 10)).toEqual([]);
});
