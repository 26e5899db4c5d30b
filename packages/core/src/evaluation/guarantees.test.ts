import { expect, test } from 'vitest';
import type { AcceptanceRule, Decoder, Guarantee, Sampling } from '../contracts/decoding.ts';
import { guarantees, outputClaim } from './guarantees.ts';

/** A decoder and a rule that say what they keep; undefined: the decoder leaves it to the rule. */
function named(decoderKeeps: Guarantee[] | undefined, ruleKeeps: Guarantee[], sampling?: Sampling) {
  const decoder: Decoder = {
    drafts: true,
    ...(decoderKeeps && { keeps: decoderKeeps }),
    generate: async function* () {},
  };
  const rule: AcceptanceRule = { keeps: ruleKeeps, accept: () => ({ path: new Int32Array(0), next: 0 }) };
  return { decoder, rule, ...(sampling && { sampling }) };
}

test.each<[string, Guarantee[] | undefined, Guarantee[], Sampling | undefined, Guarantee[], string]>([
  ['the rule decides', undefined, ['greedy'], undefined, ['greedy'], 'greedy'],
  ['the decoder overrules it', ['distribution'], ['greedy'], undefined, ['distribution'], 'same distribution'],
  ['a decoder may keep nothing', [], ['greedy'], undefined, [], 'lossy'],
  ['a rule may keep nothing', undefined, [], undefined, [], 'lossy'],
  ['a rule may keep both', undefined, ['greedy', 'distribution'], undefined, ['greedy', 'distribution'], 'greedy'],
  ['certain draws', undefined, ['distribution'], { temperature: 0 }, ['greedy', 'distribution'], 'greedy'],
  ['other draws', undefined, ['distribution'], { temperature: 0.5, topK: 1 }, ['distribution'], 'same distribution'],
  ['lossy at temperature 0', undefined, [], { temperature: 0 }, [], 'lossy'],
])('of what a decoder keeps: %s', (_, decoderKeeps, ruleKeeps, sampling, keeps, claim) => {
  const decoder = named(decoderKeeps, ruleKeeps, sampling);
  expect(guarantees(decoder)).toEqual(keeps);
  expect(outputClaim(decoder)).toBe(claim);
});
