import type { DraftPolicy, Session } from '@foretoken/core';
import { emptyTree } from '@foretoken/core';
import { expect, test } from 'vitest';
import fixed from './fixed.ts';

const asked = (policy: DraftPolicy, level: number, levels = 20) =>
  policy.grow(
    emptyTree(),
    [4],
    () => {
      throw new Error('a fixed draft needs no distribution');
    },
    { row: 0, level, levels, trained: 3, rows: 1 },
  );
const policyOf = (options: { levels?: number; sampled?: boolean }): DraftPolicy =>
  fixed.create({}, { sampled: false, ...options });

test('every level gets one first choice, as far as the option says', () => {
  const policy = policyOf({ levels: 2 });
  expect(asked(policy, 1)).toEqual([{ node: 4, children: 1, sampled: false }]);
  expect(asked(policy, 2)).toHaveLength(1);
  expect(asked(policy, 3)).toEqual([]);
});

test('without the option every level that was trained is drafted, with 0 none', () => {
  expect(asked(policyOf({}), 3)).toHaveLength(1);
  expect(asked(policyOf({}), 4)).toEqual([]);
  expect(asked(policyOf({ levels: 0 }), 1)).toEqual([]);
});

test('the option goes past what was trained, for heads that extend', () => {
  const policy = policyOf({ levels: 9 });
  expect(asked(policy, 9)).toHaveLength(1);
  expect(asked(policy, 10)).toEqual([]);
});

test('tokens are drawn where it is asked for', () => {
  expect(asked(policyOf({ sampled: true }), 1)).toEqual([{ node: 4, children: 1, sampled: true }]);
});

test('more levels than the model can draft are refused with both numbers, before a row starts and after', async () => {
  const policy = policyOf({ levels: 9 });
  const session = { levels: 3 } as Session;
  const refused = { code: 'DRAFT_UNSUPPORTED', message: expect.stringMatching(/levels is 9.*draft 3 at most.*Lower/) };
  await expect(policy.prepare!(session, { rows: 1, promptTokens: 4 })).rejects.toMatchObject(refused);
  expect(() => asked(policy, 1, 3)).toThrow(expect.objectContaining(refused));
});

test('left out, the option suits every model, one that drafts nothing included', async () => {
  const session = { levels: 0 } as Session;
  await expect(policyOf({}).prepare!(session, { rows: 1, promptTokens: 4 })).resolves.toBeUndefined();
});
