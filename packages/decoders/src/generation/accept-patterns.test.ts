// B rows, V vocabulary. A head whose drafts are right and wrong as written down, on a real session: every pattern of
// acceptance, in ragged batches, with a token that stops at every place of a draft. What comes out is greedy's:
// tokens and log-probabilities, and, over models that remember, memory lengths and the logits after the last token.
import type { AcceptanceRule, Decoder, Emission, LanguageModel, Prompt, Random, Session } from '@foretoken/core';
import {
  acceptDrafts,
  chainTree,
  defineHead,
  defineTrunk,
  generateRows,
  type Tensor2D,
  type Tensor3D,
} from '@foretoken/core/plugin';
import { type Engine, openEngine } from '@foretoken/engine';
import { beforeAll, describe, expect, test } from 'vitest';
import exact from '../exact/exact.ts';
import fixed from '../fixed/fixed.ts';
import greedy from '../greedy/greedy.ts';
import { openSession } from '../session/open-session.ts';
import { modelOf, TINY_TRUNKS, type TinyTrunk, tinyModel, VOCABULARY } from '../session/tiny-models.fixture.ts';
import speculative from '../speculative/speculative.ts';
import { endOf, textOf } from './loop.fixture.ts';
import { differencesOf, type Generator, type Job, NONE, outcomesOf, plainTexts } from './parity-judge.fixture.ts';

/** x to 3x + 1: what the model below says, whatever came before. From any token it comes back after 8. */
const SIZE = 16;
const after = (token: number, times = 1): number => (times === 0 ? token : after((3 * token + 1) % SIZE, times - 1));

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});

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

interface Scripted {
  readonly model: LanguageModel;
  readonly decoder: Decoder;
  /** Number of the pattern that the next draft but one has: a row's first verdict comes without a draft. */
  startAt(pattern: number): void;
}

/** Every draft has the next pattern; row b of a batch is b patterns ahead. */
function scriptedModel(levels: number): Scripted {
  const patterns = 2 ** levels;
  let step = 0;
  const head = scripted((offset, b) => (((step + b) % patterns) >> (offset - 2)) % 2 === 1);
  const model = modelOf(engine, oneHot, head, { horizon: levels + 1, vocabulary: SIZE, context: 400 });
  const decoder: Decoder = {
    drafts: true,
    generate: (session, request) => {
      const { draft } = session;
      session.draft = async (...args) => {
        const trees = await draft.call(session, ...args);
        // Its offsets have run: the next draft has the next pattern.
        step++;
        return trees;
      };
      return speculative.create({}, {}).generate(session, request);
    },
  };
  return {
    model,
    decoder,
    startAt: (pattern) => {
      step = pattern - 1;
    },
  };
}

async function generate(
  { model, decoder }: Pick<Scripted, 'model' | 'decoder'>,
  prompts: readonly Prompt[],
  maxTokens: number,
  stopToken: (prompt: number) => readonly number[] = () => [],
  rule = exact.create({}, {}),
): Promise<Emission[]> {
  const session = openSession(model);
  const emissions: Emission[] = [];
  const request = {
    prompts: prompts.map((prompt, index) => ({ ...prompt, stops: { tokens: stopToken(index) } })),
    maxTokens,
    logProbabilities: 2,
    rule,
    policy: fixed.create({}, {}),
    random: () => ({}) as Random,
  };
  for await (const emission of decoder.generate(session, request)) emissions.push(emission);
  session.dispose();
  return emissions;
}

/** What greedy decoding says of the tokens of each prompt, and of what else it might have said. */
const plainly = async ({ model }: Scripted, prompts: readonly Prompt[], maxTokens: number) => {
  const emissions = await generate({ model, decoder: greedy.create({}, {}) }, prompts, maxTokens);
  return prompts.map((_, prompt) => logProbabilitiesOf(emissions, prompt));
};
const logProbabilitiesOf = (emissions: readonly Emission[], of: number) =>
  emissions.filter(({ prompt }) => prompt === of).flatMap(({ logProbabilities }) => logProbabilities!);

const startingAt = (token: number, length: number) => ({ tokens: Int32Array.from({ length }, () => token) });
/** Rows of 1 to 7 tokens. */
const ragged = [0, 1, 2, 3, 4, 5, 6].map((row) => startingAt(2 * row, 1 + row));
const said = (token: number, count: number) => Array.from({ length: count }, (_, t) => after(token, t + 1));

describe.each([1, 2, 3, 4, 5, 6])('with %i drafted tokens', (levels) => {
  const patterns = 2 ** levels;
  // A pattern keeps fewer than one draft on average, and every pattern must come up.
  const maxTokens = 2 * patterns + 20;
  const leadingOnes = (pattern: number) => {
    let count = 0;
    while (count < levels && (pattern >> count) & 1) count++;
    return count;
  };

  test('every pattern of right and wrong drafts keeps its leading right ones', async () => {
    const scripted = scriptedModel(levels);
    const emissions = await generate(scripted, [startingAt(3, 1)], maxTokens);
    expect(textOf(emissions, 0)).toEqual(said(3, maxTokens));
    const [plain] = await plainly(scripted, [startingAt(3, 1)], maxTokens);
    expect(logProbabilitiesOf(emissions, 0)).toEqual(plain);
    let left = maxTokens;
    for (const [step, { accepted, proposed, tokens }] of emissions.entries()) {
      // Nothing is drafted before the first verdict, nor what could not be emitted.
      expect(proposed).toHaveLength(step === 0 ? 0 : Math.min(levels, left - 1));
      expect(accepted).toBe(Math.min(proposed.length, leadingOnes(step % patterns)));
      left -= tokens.length;
    }
    expect(emissions.length).toBeGreaterThan(patterns);
    scripted.model.dispose();
  });

  test('a ragged batch of 7 with all patterns at once emits the same tokens', async () => {
    const scripted = scriptedModel(levels);
    const emissions = await generate(scripted, ragged, maxTokens);
    const plain = await plainly(scripted, ragged, maxTokens);
    for (const [row, { tokens }] of ragged.entries()) {
      expect(textOf(emissions, row)).toEqual(said(tokens[0], maxTokens));
      expect(logProbabilitiesOf(emissions, row)).toEqual(plain[row]);
    }
    expect(new Set(emissions.map(({ accepted }) => accepted))).toEqual(new Set(Array(levels + 1).keys()));
    scripted.model.dispose();
  });

  test('a token that stops at any place of a draft of any pattern ends its row there and no other', async () => {
    const scripted = scriptedModel(levels);
    const stoppedAt = new Set<string>();
    // Four rows stop, each with a pattern of its own; the others go on past it.
    const stops = (row: number) => row < 4;
    const plain = await plainly(scripted, ragged, 9);
    for (let pattern = 0; pattern < patterns; pattern += 4) {
      // The first token has no draft; places 2 to levels + 2 are those of the first draft and its bonus token.
      for (let place = 1; place <= levels + 2; place++) {
        scripted.startAt(pattern);
        const stop = (row: number) => (stops(row) ? [after(ragged[row].tokens[0], place)] : []);
        const emissions = await generate(scripted, ragged, 9, stop);
        for (const [row, { tokens }] of ragged.entries()) {
          const end = endOf(emissions, row);
          expect(logProbabilitiesOf(emissions, row)).toEqual(plain[row].slice(0, stops(row) ? place : 9));
          expect(textOf(emissions, row)).toEqual(said(tokens[0], stops(row) ? place : 9));
          expect(end.finished).toBe(stops(row) ? 'stop' : 'length');
          if (stops(row)) stoppedAt.add(end.tokens.length > end.accepted ? 'bonus' : `draft ${end.accepted}`);
        }
      }
    }
    const places = Array.from({ length: levels }, (_, draft) => `draft ${draft + 1}`);
    expect([...stoppedAt].sort()).toEqual(['bonus', ...places].sort());
    scripted.model.dispose();
  });
});

/** Drafts what greedy decoding says after each prompt, right and wrong by the pattern; the heads read on all the same. */
function patterned(texts: readonly (readonly number[])[], levels: number, seen: Set<number>[]): Decoder {
  return {
    drafts: true,
    async *generate(session, request) {
      let step = 0;
      yield* generateRows(session, request, async (rows) => {
        step++;
        await session.draft(request.policy, () => ({ uniform: () => 0.5 }) as Random);
        const drafts = rows.map(({ prompt, text, left }) => {
          const pattern = (step + prompt) % 2 ** levels;
          const known = texts[prompt].slice(text.length - ragged[prompt].tokens.length).slice(0, levels);
          if (left > levels) seen[prompt].add(pattern);
          const isRight = (level: number) => (pattern >> level) % 2 === 1;
          return chainTree(known.map((right, level) => (isRight(level) ? right : (right + 1) % VOCABULARY)));
        });
        return acceptDrafts(session, request, rows, drafts);
      });
    },
  };
}

/** How a ragged batch of 7 that meets every pattern differs from greedy decoding. */
async function differencesOver(trunk: TinyTrunk, levels: number, change: Partial<Generator> = {}) {
  const model = tinyModel(engine, trunk, 'sequential', { context: 200 });
  const prompts = ragged.map(({ tokens }) => ({ tokens: tokens.map((token) => token % VOCABULARY) }));
  const job: Job = { prompts, maxTokens: 2 * 2 ** levels + 20 };
  const keeping = { rule: exact.create({}, {}), policy: fixed.create({}, {}) };
  const { texts } = await plainTexts(model, job);
  const reference = await outcomesOf(model, { ...keeping, decoder: greedy.create({}, {}) }, job);
  const seen = prompts.map(() => new Set<number>());
  const decoder = patterned(texts, levels, seen);
  const outcomes = await outcomesOf(model, { ...keeping, decoder, ...change }, job);
  model.dispose();
  return { differences: differencesOf(outcomes, reference, texts), seen, outcomes };
}

describe.each(TINY_TRUNKS)('on the %s trunk, which remembers', (trunk) => {
  test.each([1, 2, 3, 4, 5, 6])(
    'every pattern of %i drafts leaves greedy’s log-probabilities, memory lengths and next logits',
    async (levels) => {
      const { differences, seen, outcomes } = await differencesOver(trunk, levels);
      expect(differences).toEqual(NONE);
      for (const patterns of seen) expect(patterns.size).toBe(2 ** levels);
      for (const { accepted, nextLogits_V, memoryLengths } of outcomes) {
        expect(accepted).toBeGreaterThan(0);
        expect(nextLogits_V).toHaveLength(VOCABULARY);
        expect(memoryLengths).toBeDefined();
      }
    },
  );
});

describe('broken on purpose', () => {
  test('a session that loses the last draft kept shows in memory lengths and next logits', async () => {
    const losing = (session: Session) => {
      const { commit } = session;
      session.commit = (kept) =>
        commit.call(
          session,
          kept.map(({ path, next }) => ({ path: path.slice(0, -1), next })),
        );
      return session;
    };
    const { differences } = await differencesOver('attentive', 3, { tamper: losing });
    expect(differences.memoryLengths).toBeGreaterThan(0);
    expect(differences.nextLogits).toBeGreaterThan(0);
  });

  test('a rule that accepts one token too many gives another text', async () => {
    const scripted = scriptedModel(4);
    const careless: AcceptanceRule = {
      keeps: ['greedy'],
      accept(tree, target, random) {
        const { path } = exact.create({}, {}).accept(tree, target, random);
        const longer = Int32Array.from({ length: Math.min(path.length + 1, tree.tokens.length) }, (_, node) => node);
        return { path: longer, next: target.argmax(longer.at(-1) ?? -1) };
      },
    };
    const emissions = await generate(scripted, [startingAt(3, 1)], 50, undefined, careless);
    expect(textOf(emissions, 0)).toHaveLength(50);
    expect(textOf(emissions, 0)).not.toEqual(said(3, 50));
    scripted.model.dispose();
  });

  test('a decoder that looks for what stops only behind a whole forward overlooks it inside a draft', async () => {
    const scripted = scriptedModel(4);
    const careless: Decoder = {
      drafts: true,
      async *generate(session, request) {
        const prompts = request.prompts.map(({ tokens }) => ({ tokens }));
        const stop = request.prompts[0].stops!.tokens![0];
        for await (const emission of scripted.decoder.generate(session, { ...request, prompts })) {
          const isStopped = emission.tokens.at(-1) === stop;
          yield isStopped ? { ...emission, finished: 'stop', stop: { token: stop } } : emission;
          if (isStopped) return;
        }
      },
    };
    const overlooked: number[] = [];
    for (let place = 1; place <= 6; place++) {
      scripted.startAt(2 ** 4 - 1);
      const emissions = await generate({ ...scripted, decoder: careless }, [startingAt(3, 1)], 7, () => [
        after(3, place),
      ]);
      if (textOf(emissions, 0).length !== place) overlooked.push(place);
    }
    // The first forward has no draft, the next keeps four drafts and a bonus token.
    expect(overlooked).toEqual([2, 3, 4, 5]);
    scripted.model.dispose();
  });
});
