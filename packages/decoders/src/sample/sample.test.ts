// V vocabulary. Sampling over scripted sessions, whose distributions are written down.
import type { Decoder, Emission, GenerationRequest, Random } from '@foretoken/core';
import { certainOf, scriptedSession } from '@foretoken/core/testing';
import { expect, test } from 'vitest';
import exact from '../exact/exact.ts';
import sample from './sample.ts';

const decoder: Decoder = sample.create({}, {});
const never = () => {
  throw new Error('not to be asked');
};
const request = (more: Partial<GenerationRequest> & Pick<GenerationRequest, 'random'>): GenerationRequest => ({
  prompts: [{ tokens: Int32Array.of(0) }],
  maxTokens: 3,
  rule: { ...exact.create({}, {}), accept: never },
  policy: { grow: never },
  ...more,
});
const uniforms = (...list: number[]) => {
  let index = 0;
  return { uniform: () => list[index++] } as Random;
};

async function all(emissions: AsyncIterable<Emission>): Promise<Emission[]> {
  const list: Emission[] = [];
  for await (const emission of emissions) list.push(emission);
  return list;
}

test('each token is where a uniform number falls in the distribution', async () => {
  // p = 1/2, 1/4, 1/4 whatever came before: borders at .5 and .75.
  const logits = () => Float32Array.of(Math.log(2), 0, 0);
  const session = scriptedSession({ context: 20, vocabulary: 3, logits });
  const emissions = await all(decoder.generate(session, request({ random: () => uniforms(0.49, 0.51, 0.76) })));
  expect(emissions.map(({ tokens }) => [...tokens])).toEqual([[0], [1], [2]]);
  expect(emissions.map(({ proposed, accepted }) => [proposed, accepted])).toEqual(Array(3).fill([[], 0]));
  expect(session.forwards).toBe(3);
});

test('the distribution is that of the text so far', async () => {
  const logits = (text: readonly number[]) => certainOf((text.at(-1)! + 1) % 4, 4).map((one) => (one ? 0 : -1e9));
  const session = scriptedSession({ context: 20, vocabulary: 4, logits });
  const emissions = await all(decoder.generate(session, request({ random: () => uniforms(0.9, 0, 0.5) })));
  expect(emissions.flatMap(({ tokens }) => [...tokens])).toEqual([1, 2, 3]);
});

test('rows draw from their own streams, so neither the others nor their order matter', async () => {
  const logits = () => new Float32Array(10);
  const streams = [uniforms(0.05, 0.15, 0.25), uniforms(0.95, 0.85, 0.75)];
  const prompts = [1, 2].map((token) => ({ tokens: Int32Array.of(token) }));
  const session = scriptedSession({ context: 20, vocabulary: 10, logits });
  const emissions = await all(decoder.generate(session, request({ prompts, random: (prompt) => streams[prompt] })));
  const textOf = (prompt: number) => emissions.flatMap((e) => (e.prompt === prompt ? [...e.tokens] : []));
  expect([textOf(0), textOf(1)]).toEqual([
    [0, 1, 2],
    [9, 8, 7],
  ]);
});

test('it says that it keeps the distribution and drafts nothing', () => {
  expect([decoder.keeps, decoder.drafts]).toEqual([['distribution'], false]);
});
