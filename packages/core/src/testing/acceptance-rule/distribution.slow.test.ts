// Rules that are right and do other things with their numbers than to compare them: no false alarm.
import { expect, test } from 'vitest';
import { type AcceptanceRule, defineAcceptanceRule } from '../../plugin.ts';
import { failuresIn } from '../contract-failures.fixture.ts';
import { rejecting } from '../rejecting.fixture.ts';
import { acceptanceRuleContract } from './rule-checks.ts';

/** Reads all that it needs before it draws, and of each number what is behind a comma. */
function shuffling(times: number): AcceptanceRule {
  return {
    keeps: ['distribution'],
    accept(tree, target, random) {
      const all = [-1, ...tree.tokens.keys()].map((node) => target.p(node));
      const known = { ...target, p: (node: number) => all[node + 1] };
      return rejecting().accept(tree, known, { ...random, uniform: () => (times * (1 - random.uniform())) % 1 });
    },
  };
}

test.each([
  ['backwards, and three times as large', 3],
  ['that nobody can enumerate', 1e6],
])('a rule that takes its numbers %s keeps the contract', async (_, times) => {
  const rule = defineAcceptanceRule({ name: 'shuffling', create: () => shuffling(times) });
  expect([...(await failuresIn(acceptanceRuleContract, rule, {}, {}))]).toEqual([]);
});
