// V vocabulary. Every decoder that keeps the distribution, over a model whose every probability is known: what comes out,
// many times, against the law worked out from the model alone.
import { createRandom, type Decoder, type GenerationRequest } from '@foretoken/core';
import { scriptedSession } from '@foretoken/core/testing';
import { expect, test } from 'vitest';
import { fits, misfits } from '../acceptance/chi-square.fixture.ts';
import blockwise from '../blockwise/blockwise.ts';
import fixed from '../fixed/fixed.ts';
import promptLookup from '../prompt-lookup/prompt-lookup.ts';
import rejection from '../rejection/rejection.ts';
import sample from '../sample/sample.ts';
import speculative from '../speculative/speculative.ts';
import tree from '../tree/tree.ts';

const V = 3;
const LENGTH = 4;
const SEQUENCES = 2500;
const TEMPERATURE = 0.8;
const PROMPT = [0, 1, 0];

/** Numbers that depend on the whole text, no two alike. */
const logitsOf = (seed: number) => (text: readonly number[]) => {
  const mixed = text.reduce((sum, token, at) => sum + (token + 1) * (at + 1.3) * 12.9898, seed * 78.233);
  return Float32Array.from({ length: V }, (_, token) => 1.5 * Math.sin(mixed + token * 2.4));
};
const model = remembered(logitsOf(1));

function remembered<Value>(of: (text: readonly number[]) => Value): (text: readonly number[]) => Value {
  const known = new Map<string, Value>();
  return (text) => {
    const key = text.join();
    if (!known.has(key)) known.set(key, of(text));
    return known.get(key)!;
  };
}

function softmaxOf(logits: ArrayLike<number>, temperature: number): Float64Array {
  const weights = Float64Array.from(logits, (logit) => Math.exp(logit / temperature));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** The probability of every text, in the order of its tokens. */
function law(text: readonly number[] = [], weight = 1): number[] {
  if (text.length === LENGTH) return [weight];
  const p = softmaxOf(model([...PROMPT, ...text]), TEMPERATURE);
  return [...p].flatMap((share, token) => law([...text, token], weight * share));
}

/** A head that says somewhat what the model says, so that drafts are kept and refused alike. */
const other = logitsOf(2);
const head = remembered((text) =>
  softmaxOf(
    other(text).map((logit, token) => logit / 2 + model(text)[token] / 2),
    1,
  ),
);
const expected = Float64Array.from(law());

/** How often each text comes out of as many rows. */
async function counts(decoder: Decoder, sampled: boolean): Promise<Float64Array> {
  const session = scriptedSession({ context: 20, levels: 3, logits: model, headDistribution: head });
  const request: GenerationRequest = {
    prompts: Array.from({ length: SEQUENCES }, () => ({
      tokens: Int32Array.from(PROMPT),
      sampling: { temperature: TEMPERATURE },
    })),
    maxTokens: LENGTH,
    rule: rejection.create({}, {}),
    policy: fixed.create({}, { sampled }),
    random: (prompt) => createRandom(prompt, 'distribution'),
  };
  const texts = Array.from({ length: SEQUENCES }, () => 0);
  for await (const { prompt, tokens } of decoder.generate(session, request)) {
    for (const token of tokens) texts[prompt] = texts[prompt] * V + token;
  }
  const counts = new Float64Array(V ** LENGTH);
  for (const text of texts) counts[text]++;
  return counts;
}

const treeOf = (shape: 'dynamic' | 'static', sampled: boolean) =>
  tree.create({}, { nodes: 4, shape, topK: 2, width: 2, rebuildEvery: 1, sampled });
const lookup = promptLookup.create({}, { tokens: 3, maxNgram: 2, minNgram: 1 });

test.each<[string, Decoder, boolean]>([
  ['sample', sample.create({}, {}), false],
  ['speculative, chosen', speculative.create({}, {}), false],
  ['speculative, drawn', speculative.create({}, {}), true],
  ['blockwise, drawn', blockwise.create({}, { minimumBlock: 1 }), true],
  ['dynamic tree, chosen', treeOf('dynamic', false), false],
  ['dynamic tree, drawn', treeOf('dynamic', true), false],
  ['static tree, chosen', treeOf('static', false), false],
  ['static tree, drawn', treeOf('static', true), false],
  ['prompt-lookup', lookup, false],
])('%s keeps the distribution of the model', async (_, decoder, sampled) => {
  expect(misfits(fits(await counts(decoder, sampled), expected, V))).toEqual([]);
});

test('a minimum block does not, and is found out', async () => {
  const lossy = blockwise.create({}, { minimumBlock: 2 });
  expect(misfits(fits(await counts(lossy, true), expected, V))).not.toEqual([]);
});
