import type { DraftPolicy, Session } from '@foretoken/core';
import { emptyTree } from '@foretoken/core';
import { expect, test } from 'vitest';
import entropy, { entropyLimit } from './entropy.ts';

interface Options {
  readonly limit?: number;
  readonly gamma?: number;
  readonly lambda?: number;
  readonly levels?: number;
  readonly sampled?: boolean;
}
const policyOf = (options: Options): DraftPolicy =>
  entropy.create({}, { gamma: 0.2, lambda: 0.4, sampled: false, ...options });
const grown = (policy: DraftPolicy, p: readonly number[], level = 1) =>
  policy.grow(emptyTree(), [2], () => Float64Array.from(p), { row: 0, level, levels: 3, trained: 3, rows: 1 });

const uniform = (n: number) => Array.from({ length: n }, () => 1 / n);

test('a level is drafted up to the limit', () => {
  const policy = policyOf({ limit: 1 });
  expect(grown(policy, uniform(2))).toEqual([{ node: 2, children: 1, sampled: false }]); // .69
  expect(grown(policy, uniform(3))).toEqual([]); // 1.10
  expect(grown(policyOf({ limit: 0 }), [0, 1])).toHaveLength(1);
});

test('without a limit it stops where the bound 1 - sqrt(gamma H) falls below lambda', () => {
  // H = ln n: 1 - sqrt(.2 ln n) is .432 for n = 5 and .401 for n = 6, .376 for n = 7.
  expect([5, 6, 7].map((n) => grown(policyOf({}), uniform(n)).length)).toEqual([1, 1, 0]);
  for (const [gamma, lambda] of [
    [0.2, 0.4],
    [0.5, 0.9],
    [1, 0],
  ]) {
    expect(1 - Math.sqrt(gamma * entropyLimit(gamma, lambda))).toBeCloseTo(lambda, 12);
  }
});

test('tokens are drawn where it is asked for, and levels end where the option says', async () => {
  expect(grown(policyOf({ sampled: true }), [1])).toEqual([{ node: 2, children: 1, sampled: true }]);
  expect(grown(policyOf({ levels: 1 }), [1], 2)).toEqual([]);
  const refused = policyOf({ levels: 4 }).prepare!({ levels: 3 } as Session, { rows: 1, promptTokens: 1 });
  await expect(refused).rejects.toMatchObject({ code: 'DRAFT_UNSUPPORTED' });
});

test('of a level each node is answered by its own entropy', () => {
  const policy = policyOf({ limit: 1 });
  const at = { row: 0, level: 2, levels: 3, trained: 3, rows: 1 };
  // .69, 1.10, 0 nats.
  const p = (node: number) => Float64Array.from([uniform(2), uniform(3), [1]][node]);
  expect(policy.grow(emptyTree(), [0, 1, 2], p, at).map(({ node }) => node)).toEqual([0, 2]);
  expect(policy.grow(emptyTree(), [1, 2], p, at).map(({ node }) => node)).toEqual([2]);
});
