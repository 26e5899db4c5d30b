// B rows, T nodes a row, V vocabulary. Speculative decoding must emit the tokens of greedy decoding, on real sessions.
import type { Decoder, DraftPolicy, Emission, LanguageModel, Prompt, Random } from '@foretoken/core';
import { plainGreedy } from '@foretoken/core/evaluation';
import { defineHead, defineTrunk, type Tensor2D, type Tensor3D } from '@foretoken/core/plugin';
import { type Engine, openEngine } from '@foretoken/engine';
import { beforeAll, describe, expect, test } from 'vitest';
import exact from '../exact/exact.ts';
import fixed from '../fixed/fixed.ts';
import greedy from '../greedy/greedy.ts';
import { openSession } from '../session/open-session.ts';
import { CONTEXT, modelOf, TINY_HEADS, TINY_TRUNKS, tinyModel, VOCABULARY } from '../session/tiny-models.fixture.ts';
import speculative from '../speculative/speculative.ts';

const random = () => ({ uniform: () => 0.5 }) as Random;
/** Two children at every node of the frontier; one, on two levels more, past what was trained. */
const bushy: DraftPolicy = {
  grow: (_, frontier, _p, { level, trained }) =>
    level > trained + 2 ? [] : frontier.map((node) => ({ node, children: level > trained ? 1 : 2, sampled: false })),
};
const chain: DraftPolicy = fixed.create({}, {});
/** Twice as far as the horizon of the small models, where the head extends. */
const far: DraftPolicy = fixed.create({}, { levels: 7 });

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});

/** Tokens of every prompt, and the emissions that they came in. */
async function generate(
  model: LanguageModel,
  decoder: Decoder,
  prompts: readonly Prompt[],
  maxTokens: number,
  policy = chain,
) {
  const session = openSession(model);
  const emissions: Emission[] = [];
  const rule = exact.create({}, {});
  for await (const emission of decoder.generate(session, { prompts, maxTokens, rule, policy, random }))
    emissions.push(emission);
  session.dispose();
  const texts = prompts.map((_, prompt) =>
    emissions.filter((emission) => emission.prompt === prompt).flatMap(({ tokens }) => [...tokens]),
  );
  return { texts, emissions };
}

/** Prompts of 1 to 8 tokens. */
const prompts = Array.from({ length: 7 }, (_, p) => ({
  tokens: Int32Array.from({ length: 1 + ((3 * p) % 8) }, (_, t) => (5 * p + t * t + 2) % VOCABULARY),
}));

describe.each(TINY_TRUNKS)('on the %s trunk', (trunk) => {
  test.each(TINY_HEADS)(
    '%s: every decoder emits the tokens of plain greedy decoding, alone and in a batch of 7',
    async (head) => {
      const model = tinyModel(engine, trunk, head);
      const { texts } = await generate(model, plainGreedy().decoder, prompts, 30);
      expect(texts.map((text) => text.length)).toEqual(
        prompts.map(({ tokens }) => Math.min(30, CONTEXT - tokens.length)),
      );
      expect((await generate(model, greedy.create({}, {}), prompts, 30)).texts).toEqual(texts);
      const drafting = speculative.create({}, {});
      for (const policy of [chain, bushy, far]) {
        expect((await generate(model, drafting, prompts, 30, policy)).texts).toEqual(texts);
      }
      for (const [p, prompt] of prompts.entries()) {
        expect((await generate(model, drafting, [prompt], 30)).texts[0]).toEqual(texts[p]);
      }
      model.dispose();
    },
  );
});

/** x to 3x + 1: what the model below says, whatever came before. */
const SIZE = 16;
const after = (token: number, times = 1): number => (times === 0 ? token : after((3 * token + 1) % SIZE, times - 1));

const oneHot = defineTrunk({
  name: 'one-hot',
  shape: () => ({
    width: SIZE,
    layers: 1,
    block: { attentionHeads: 1, keyValueHeads: 1, mlpWidth: 1, rotaryBase: 10 },
  }),
  create({ ops, param }) {
    const table_VD = param<Tensor2D>('embedding', [SIZE, SIZE], { kind: 'identity' });
    return { embed: (tokens_BT) => ops.embed(tokens_BT, table_VD), forward: (x_BTD) => [x_BTD] };
  },
});

/** A head whose offset i is right where `isRight` says so, by row of the batch, and one token off elsewhere. */
const scripted = (isRight: (offset: number, b: number) => boolean) =>
  defineHead({
    name: 'scripted',
    ownReadout: true,
    create({ ops, param }) {
      const weight_EV = param<Tensor2D>('identity', [SIZE, SIZE], { kind: 'identity' });
      return {
        readout: () => ({ weight_EV }),
        forward(offset, { trunk: [h_BTV] }) {
          const [B] = h_BTV.shape;
          const map_BVV = new Float32Array(B * SIZE * SIZE);
          for (let b = 0; b < B; b++) {
            const off = offset === 1 || isRight(offset, b) ? 0 : 1;
            for (let v = 0; v < SIZE; v++) map_BVV[(b * SIZE + v) * SIZE + ((after(v, offset) + off) % SIZE)] = 1;
          }
          return ops.matmul<Tensor3D>(h_BTV, ops.constant(map_BVV, [B, SIZE, SIZE]));
        },
      };
    },
  });

describe.each([1, 2, 3, 4])('with %i drafted tokens', (levels) => {
  const patterns = 2 ** levels;
  const leadingOnes = (pattern: number) => {
    let count = 0;
    while (count < levels && (pattern >> count) & 1) count++;
    return count;
  };
  const maxTokens = 70;
  const startingAt = (token: number, length: number) => ({ tokens: Int32Array.from({ length }, () => token) });
  const expected = (token: number) => Array.from({ length: maxTokens }, (_, t) => after(token, t + 1));

  /** Every draft has the next pattern; row b of a batch is b patterns ahead. */
  function scriptedModel() {
    let step = -1;
    const head = scripted((offset, b) => (((step + b) % patterns) >> (offset - 2)) % 2 === 1);
    const model = modelOf(engine, oneHot, head, { horizon: levels + 1, vocabulary: SIZE, context: 100 });
    const decoder: Decoder = {
      drafts: true,
      generate: (session, request) => {
        const { draft } = session;
        session.draft = (...args) => {
          step++;
          return draft.call(session, ...args);
        };
        return speculative.create({}, {}).generate(session, request);
      },
    };
    return { model, decoder };
  }

  test('every pattern of right and wrong drafts keeps its leading right ones', async () => {
    const { model, decoder } = scriptedModel();
    const { texts, emissions } = await generate(model, decoder, [startingAt(3, 1)], maxTokens);
    expect(texts[0]).toEqual(expected(3));
    let left = maxTokens;
    for (const [step, { accepted, proposed, tokens }] of emissions.entries()) {
      // Nothing is drafted before the first verdict, nor what could not be emitted.
      expect(proposed).toHaveLength(step === 0 ? 0 : Math.min(levels, left - 1));
      expect(accepted).toBe(Math.min(proposed.length, leadingOnes(step % patterns)));
      left -= tokens.length;
    }
    expect(emissions.length).toBeGreaterThan(patterns);
    model.dispose();
  });

  test('a ragged batch of 7 with all patterns at once emits the same tokens', async () => {
    const { model, decoder } = scriptedModel();
    const ragged = [0, 1, 2, 3, 4, 5, 6].map((row) => startingAt(2 * row, 1 + row));
    const { texts, emissions } = await generate(model, decoder, ragged, maxTokens);
    expect(texts).toEqual(ragged.map(({ tokens: [token] }) => expected(token)));
    expect(new Set(emissions.map(({ accepted }) => accepted))).toEqual(new Set(Array(levels + 1).keys()));
    model.dispose();
  });
});

test('a hundred generations, ended early or not, leave no tensor behind', async () => {
  const model = tinyModel(engine, 'attentive', 'sequential');
  const decoder = speculative.create({}, {});
  const before = engine.memory();
  for (let run = 0; run < 100; run++) {
    const session = openSession(model);
    const request = { prompts: prompts.slice(0, 3), maxTokens: 4, rule: exact.create({}, {}), policy: bushy, random };
    let left = run % 3 === 0 ? 2 : 99;
    for await (const _emission of decoder.generate(session, request)) if (--left === 0) break;
    if (run === 1) session.join(prompts[1]);
    session.dispose();
    expect(engine.memory().numTensors).toBe(before.numTensors);
  }
  expect(engine.memory().bytes).toBe(before.bytes);
  model.dispose();
});
