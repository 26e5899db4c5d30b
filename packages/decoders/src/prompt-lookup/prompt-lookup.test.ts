import type { Decoder, Emission, GenerationRequest, Random, Tree } from '@foretoken/core';
import { certainOf, scriptedSession } from '@foretoken/core/testing';
import { expect, test } from 'vitest';
import exact from '../exact/exact.ts';
import promptLookup from './prompt-lookup.ts';

const V = 10;
const decoderOf = (options: Partial<Parameters<typeof promptLookup.create>[1]> = {}): Decoder =>
  promptLookup.create({}, { tokens: 10, maxNgram: 3, minNgram: 1, ...options });
const never = () => {
  throw new Error('not to be asked');
};
const request = (maxTokens: number, more: Partial<GenerationRequest> = {}): GenerationRequest => ({
  prompts: [{ tokens: Int32Array.of(1, 2, 3, 1) }],
  maxTokens,
  rule: exact.create({}, {}),
  policy: { grow: never },
  random: () => ({}) as Random,
  ...more,
});

/** A model that says what `next` says, and the trees that it was asked to verify. */
function scripted(next: (text: readonly number[]) => number, context = 100) {
  const session = scriptedSession({ context, logits: (text) => certainOf(next(text), V) });
  const verified: Tree[] = [];
  const { verify } = session;
  session.verify = (trees) => {
    verified.push(...trees);
    return verify.call(session, trees);
  };
  return { session, drafted: () => verified.map(({ tokens }) => [...tokens]), verified };
}

async function all(emissions: AsyncIterable<Emission>): Promise<Emission[]> {
  const list: Emission[] = [];
  for await (const emission of emissions) list.push(emission);
  return list;
}
const afterOneTwoThree = (text: readonly number[]) => (text.at(-1)! % 3) + 1;

test('what followed in the prompt is drafted before the first forward, and kept where the model agrees', async () => {
  const { session, drafted } = scripted(afterOneTwoThree);
  const emissions = await all(decoderOf({ tokens: 4 }).generate(session, request(8)));
  // After 1 2 3 1 comes 2 3 1 as after the first 1, and from there on the draft reads itself.
  expect(drafted()).toEqual([
    [2, 3, 1, 2],
    [1, 2],
  ]);
  expect(emissions.map(({ tokens, accepted }) => [[...tokens], accepted])).toEqual([
    [[2, 3, 1, 2, 3], 4],
    [[1, 2, 3], 2],
  ]);
});

test('what was generated is looked up too, and forgotten nothing of', async () => {
  const { session, drafted } = scripted((text) => [4, 5, 4, 5, 4][text.length - 4]);
  await all(decoderOf({ tokens: 1 }).generate(session, request(5)));
  // 2 (after the first 1) is wrong, then 4 and 5 are new; from the second 4 on, what came before comes again.
  expect(drafted()).toEqual([[2], [], [], [5]]);
});

test('a run shorter than minNgram is not enough', async () => {
  const { session, drafted } = scripted(afterOneTwoThree);
  await all(decoderOf({ tokens: 2, minNgram: 2 }).generate(session, request(4)));
  expect(drafted()).toEqual([[], [3, 1]]);
});

test('nothing is drafted past the request or the context', async () => {
  const short = scripted(afterOneTwoThree);
  await all(decoderOf().generate(short.session, request(3)));
  expect(short.drafted()).toEqual([[2, 3]]);
  const narrow = scripted(afterOneTwoThree, 6);
  await all(decoderOf().generate(narrow.session, request(30)));
  expect(narrow.drafted()).toEqual([[2]]);
});

test('each row looks in its own text', async () => {
  const { session, drafted } = scripted(() => 9);
  const prompts = [Int32Array.of(1, 2, 1), Int32Array.of(1, 3, 1), Int32Array.of(1)].map((tokens) => ({ tokens }));
  await all(decoderOf({ tokens: 1 }).generate(session, request(2, { prompts })));
  expect(drafted()).toEqual([[2], [3], [], [], [], []]);
});

test('a rule that needs drawn candidates gets the look-up’s certainty', async () => {
  const { session, verified } = scripted(afterOneTwoThree);
  const rule = { ...exact.create({}, {}), needsDrawn: true };
  await all(decoderOf({ tokens: 2 }).generate(session, request(3, { rule })));
  expect(verified[0].q).toEqual([2, 3].map((token) => Float64Array.from(certainOf(token, V))));
});

test('crossed lengths are refused', () => {
  expect(() => decoderOf({ minNgram: 4 })).toThrow(/OPTIONS_INVALID: .*minNgram must be <= maxNgram, was 4 > 3/);
});
