// Every head that drafts, with every decoder that drafts, on real sessions: greedy decoding's tokens, a few of each.
import type { Decoder, Emission, GenerationRequest, LanguageModel, Prompt } from '@foretoken/core';
import { createRandom } from '@foretoken/core';
import { type Engine, openEngine } from '@foretoken/engine';
import { beforeAll, describe, expect, test } from 'vitest';
import blockwise from '../blockwise/blockwise.ts';
import exact from '../exact/exact.ts';
import fixed from '../fixed/fixed.ts';
import greedy from '../greedy/greedy.ts';
import promptLookup from '../prompt-lookup/prompt-lookup.ts';
import rejection from '../rejection/rejection.ts';
import sample from '../sample/sample.ts';
import { openSession } from '../session/open-session.ts';
import { EXTENDING_HEADS, TINY_HEADS, type TinyHead, tinyModel, VOCABULARY } from '../session/tiny-models.fixture.ts';
import speculative from '../speculative/speculative.ts';
import tree from '../tree/tree.ts';

const treeOptions = { nodes: 7, shape: 'dynamic', topK: 3, width: 2, rebuildEvery: 2 } as const;
const DRAFTING: Record<string, Decoder> = {
  speculative: speculative.create({}, {}),
  blockwise: blockwise.create({}, { minimumBlock: 1 }),
  'dynamic tree': tree.create({}, treeOptions),
  'static tree': tree.create({}, { ...treeOptions, shape: 'static' }),
  'prompt-lookup': promptLookup.create({}, { tokens: 4, maxNgram: 2, minNgram: 1 }),
};
const TOKENS = 14;

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});

const prompts: Prompt[] = [1, 4, 7].map((length) => ({
  tokens: Int32Array.from({ length }, (_, t) => (length + t * t) % VOCABULARY),
}));

/** Texts of all prompts, and how many levels the deepest draft had. */
async function generate(
  model: LanguageModel,
  decoder: Decoder,
  { levels, drawn, ...more }: Partial<GenerationRequest> & { levels?: number; drawn?: boolean } = {},
) {
  const session = openSession(model);
  const emissions: Emission[] = [];
  const request = {
    prompts: drawn ? prompts.map((prompt) => ({ ...prompt, sampling: { temperature: 0 } })) : prompts,
    maxTokens: TOKENS,
    rule: drawn ? rejection.create({}, {}) : exact.create({}, {}),
    policy: fixed.create({}, { sampled: drawn === true, ...(levels && { levels }) }),
    random: (prompt: number) => createRandom(prompt, 'test'),
    ...more,
  };
  for await (const emission of decoder.generate(session, request)) emissions.push(emission);
  session.dispose();
  const texts = prompts.map((_, p) => emissions.flatMap(({ prompt, tokens }) => (prompt === p ? [...tokens] : [])));
  return { texts, deepest: Math.max(...emissions.map(({ proposed }) => proposed.length)) };
}

describe.each(TINY_HEADS)('%s', (head: TinyHead) => {
  test('every decoder emits greedy decoding’s tokens under exact, and so it does drawing at temperature 0', async () => {
    const model = tinyModel(engine, 'attentive', head);
    const { texts } = await generate(model, greedy.create({}, {}));
    expect(texts.map(({ length }) => length)).toEqual([TOKENS, TOKENS, TOKENS]);
    expect((await generate(model, sample.create({}, {}), { drawn: true })).texts).toEqual(texts);
    for (const [name, decoder] of Object.entries(DRAFTING)) {
      const chosen = await generate(model, decoder);
      expect(chosen.texts, name).toEqual(texts);
      expect(chosen.deepest, name).toBeGreaterThan(0);
      expect((await generate(model, decoder, { drawn: true })).texts, name).toEqual(texts);
    }
    model.dispose();
  });
});

test.each(EXTENDING_HEADS)(
  '%s: trees and blocks go past the trained offsets where policy and option say so',
  async (head) => {
    const model = tinyModel(engine, 'attentive', head as TinyHead);
    const { texts } = await generate(model, greedy.create({}, {}));
    for (const decoder of [tree.create({}, { ...treeOptions, nodes: 20, topK: 1, levels: 6 }), DRAFTING.blockwise]) {
      const far = await generate(model, decoder, { levels: 6 });
      expect(far).toEqual({ texts, deepest: 6 });
    }
    model.dispose();
  },
);

test('rows that wait, and that are read again from their last tokens, emit what greedy decoding does too', async () => {
  const model = tinyModel(engine, 'attentive', 'sequential');
  const more = { maxRows: 2, window: 9, maxTokens: 45 };
  const { texts } = await generate(model, greedy.create({}, {}), more);
  expect(texts.map(({ length }) => length)).toEqual([45, 45, 45]);
  for (const [name, decoder] of Object.entries(DRAFTING)) {
    expect((await generate(model, decoder, more)).texts, name).toEqual(texts);
  }
  model.dispose();
});

test('a model without a second offset is decoded by look-up, and refused by whatever drafts with heads', async () => {
  const model = tinyModel(engine, 'attentive', 'linear', { horizon: 1 });
  const { texts } = await generate(model, greedy.create({}, {}));
  expect((await generate(model, DRAFTING['prompt-lookup'])).texts).toEqual(texts);
  for (const name of ['speculative', 'blockwise', 'dynamic tree', 'static tree']) {
    await expect(generate(model, DRAFTING[name]), name).rejects.toMatchObject({ code: 'DRAFT_UNSUPPORTED' });
  }
  model.dispose();
});
