import type { DraftPolicy, Growth, Session } from '@foretoken/core';
import { chainTree } from '@foretoken/core/plugin';
import { expect, test } from 'vitest';
import confidence from './confidence.ts';

const policyOf = (options: { threshold?: number; levels?: number; sampled?: boolean }): DraftPolicy =>
  confidence.create({}, { threshold: 0.4, sampled: false, ...options });

interface Asked {
  readonly growths: readonly Growth[];
  /** Whether the head had to run. */
  readonly ran: boolean;
}

/** What the policy says of the level behind these drafted tokens, where the head has this distribution. */
function ask(policy: DraftPolicy, drafted: readonly number[], p: readonly number[], row = 0): Asked {
  let ran = false;
  const distribution = () => {
    ran = true;
    return Float64Array.from(p);
  };
  const at = { row, level: drafted.length + 1, levels: 3, trained: 3, rows: 1 };
  return { growths: policy.grow(chainTree(drafted), [drafted.length - 1], distribution, at), ran };
}

test('it goes on while the product of the first choices is at least the threshold', () => {
  const policy = policyOf({ threshold: 0.4 });
  expect(ask(policy, [], [0.2, 0.8]).growths).toEqual([{ node: -1, children: 1, sampled: false }]);
  // .8 x .5 is the threshold itself.
  expect(ask(policy, [1], [0.5, 0.5]).growths).toHaveLength(1);
  // .8 x .5 x .99: below it.
  expect(ask(policy, [1, 0], [0.99, 0.01]).growths).toEqual([]);
});

test('a first level that is not sure enough ends the draft', () => {
  expect(ask(policyOf({ threshold: 0.9 }), [], [0.89, 0.11]).growths).toEqual([]);
});

test('0 never stops before the last level', () => {
  const policy = policyOf({ threshold: 0 });
  for (const drafted of [[], [0], [0, 0]]) expect(ask(policy, drafted, [0, 1]).growths).toHaveLength(1);
  expect(ask(policy, [0, 0, 0], [0, 1]).growths).toEqual([]);
});

test('drawn tokens count with their own probability, and an unlikely one ends the draft before the next offset runs', () => {
  const policy = policyOf({ threshold: 0.3, sampled: true });
  expect(ask(policy, [], [0.7, 0.3]).growths).toEqual([{ node: -1, children: 1, sampled: true }]);
  expect(ask(policy, [1], [1, 0]).growths).toHaveLength(1); // .3 x 1
  const unlikely = policyOf({ threshold: 0.31, sampled: true });
  ask(unlikely, [], [0.7, 0.3]);
  expect(ask(unlikely, [1], [1, 0])).toEqual({ growths: [], ran: false });
});

test('rows have paths of their own, and a new draft starts afresh', () => {
  const policy = policyOf({ threshold: 0.4 });
  ask(policy, [], [0.5, 0.5], 1);
  ask(policy, [], [1, 0], 2);
  expect(ask(policy, [0], [0.6, 0.4], 1).growths).toEqual([]); // .5 x .6
  expect(ask(policy, [0], [0.6, 0.4], 2).growths).toHaveLength(1); // 1 x .6
  expect(ask(policy, [], [0.4, 0.3, 0.3], 1).growths).toHaveLength(1);
});

test('levels are at most as many as the option says, and more than the model has are refused', async () => {
  const policy = policyOf({ threshold: 0, levels: 1 });
  expect(ask(policy, [], [1]).growths).toHaveLength(1);
  expect(ask(policy, [0], [1])).toEqual({ growths: [], ran: false });
  const refused = policyOf({ levels: 4 }).prepare!({ levels: 3 } as Session, { rows: 1, promptTokens: 1 });
  await expect(refused).rejects.toMatchObject({ code: 'DRAFT_UNSUPPORTED' });
});
