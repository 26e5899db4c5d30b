// V vocabulary. Beam search against all texts there are, and against its own definition in plain steps.
import type { Decoder, Emission, GenerationRequest, LanguageModel, Random, Session } from '@foretoken/core';
import { scriptedSession } from '@foretoken/core/testing';
import { type Engine, openEngine } from '@foretoken/engine';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import exact from '../exact/exact.ts';
import greedy from '../greedy/greedy.ts';
import { openSession } from '../session/open-session.ts';
import { TINY_TRUNKS, tinyModel, VOCABULARY } from '../session/tiny-models.fixture.ts';
import beam from './beam.ts';

const decoderOf = (width: number, lengthPenalty = 1): Decoder => beam.create({}, { width, lengthPenalty });
const request = (maxTokens: number, more: Partial<GenerationRequest> = {}): GenerationRequest => ({
  prompts: [{ tokens: Int32Array.of(0) }],
  maxTokens,
  rule: exact.create({}, {}),
  policy: { grow: () => [] },
  random: () => ({}) as Random,
  ...more,
});

type Logits = (text: readonly number[]) => Float32Array;

/** Logits that depend on the whole text, no two alike. */
const logitsOf =
  (seed: number, V: number, spread = 3): Logits =>
  (text) => {
    const mixed = text.reduce((sum, token, at) => sum + (token + 1) * (at + 1.7) * 12.9898, seed * 78.233);
    return Float32Array.from({ length: V }, (_, token) => spread * Math.sin(mixed + token * 2.4));
  };

async function all(emissions: AsyncIterable<Emission>): Promise<Emission[]> {
  const list: Emission[] = [];
  for await (const emission of emissions) list.push(emission);
  return list;
}
const tokensOf = (emissions: readonly Emission[]) => emissions.flatMap(({ tokens }) => [...tokens]);
const search = async (logits: Logits, decoder: Decoder, asked: GenerationRequest) =>
  tokensOf(await all(decoder.generate(scriptedSession({ context: 50, logits }), asked)));

interface Text {
  readonly tokens: readonly number[];
  readonly sum: number;
}
const scoreOf = ({ tokens, sum }: Text, penalty: number) => sum / tokens.length ** penalty;

/** A text with each token behind it, and the sum of the log-probabilities. */
function continued(logits: Logits, { tokens, sum }: Text): Text[] {
  const weights = Array.from(logits([0, ...tokens]), Math.exp);
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight, token) => ({ tokens: [...tokens, token], sum: sum + Math.log(weight / total) }));
}

/** Every text that a stop or the length ends. */
function allTexts(logits: Logits, maxTokens: number, stop: number, text: Text = { tokens: [], sum: 0 }): Text[] {
  return continued(logits, text).flatMap((next) =>
    next.tokens.at(-1) === stop || next.tokens.length === maxTokens ? [next] : allTexts(logits, maxTokens, stop, next),
  );
}

/** The definition: the best continuations of all beams, the finished ones apart, to the very end. */
function plainBeams(logits: Logits, maxTokens: number, stop: number, width: number): Text[] {
  let beams: Text[] = [{ tokens: [], sum: 0 }];
  const finished: Text[] = [];
  while (beams.length > 0) {
    const next: Text[] = [];
    for (const text of beams.flatMap((beam) => continued(logits, beam)).sort((a, b) => b.sum - a.sum)) {
      if (text.tokens.at(-1) === stop || text.tokens.length === maxTokens) finished.push(text);
      else if (next.push(text) === width) break;
    }
    beams = next;
  }
  return finished;
}

const best = (texts: readonly Text[], penalty: number) =>
  texts.reduce((a, b) => (scoreOf(b, penalty) > scoreOf(a, penalty) ? b : a));

describe.each([0, 1, 0.6, 2, -0.7])('with a length penalty of %d', (penalty) => {
  test('beams enough for every text find the best of all', async () => {
    for (let seed = 0; seed < 12; seed++) {
      const logits = logitsOf(seed, 3);
      const found = await search(logits, decoderOf(27, penalty), request(4, { stops: { tokens: [2] } }));
      expect(found).toEqual(best(allTexts(logits, 4, 2), penalty).tokens);
    }
  });

  test('a few beams find what the definition finds, though they end as soon as nothing better can come', async () => {
    const sizes = [fc.nat(500), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 7 })] as const;
    await fc.assert(
      fc.asyncProperty(...sizes, async (seed, width, maxTokens) => {
        const logits = logitsOf(seed, 5);
        const found = await search(logits, decoderOf(width, penalty), request(maxTokens, { stops: { tokens: [4] } }));
        expect(found).toEqual(best(plainBeams(logits, maxTokens, 4, width), penalty).tokens);
      }),
      { numRuns: 40 },
    );
  });
});

test('by hand: the first choice is a trap that two beams see through and one does not', async () => {
  // After 0: 1 with .6, 2 with .4. After 1 both are .5; after 2 it is 2 with .9. Texts: 1 x .3 each, 2 2 .36.
  const p = (...list: number[]) => Float32Array.from(list, Math.log);
  const logits: Logits = (text) => [p(0.001, 0.6, 0.4), p(0.001, 0.5, 0.5), p(0.001, 0.1, 0.9)][text.at(-1)!];
  expect(await search(logits, decoderOf(1), request(2))).toEqual([1, 1]);
  expect(await search(logits, decoderOf(2), request(2))).toEqual([2, 2]);
});

test('by hand: without a penalty the short text wins, with one the long', async () => {
  // Token 2 stops, with .5 at once; else 1, and from then on 1 with .9: the long text has .5 x .9 x .9 = .405.
  const p = (...list: number[]) => Float32Array.from(list, Math.log);
  const logits: Logits = (text) => (text.length === 1 ? p(0.001, 0.499, 0.5) : p(0.001, 0.9, 0.099));
  const asked = request(3, { stops: { tokens: [2] } });
  expect(await search(logits, decoderOf(3, 0), asked)).toEqual([2]);
  expect(await search(logits, decoderOf(3, 1), asked)).toEqual([1, 1, 1]);
});

test('one beam is greedy decoding', async () => {
  const logits = logitsOf(3, 6);
  expect(await search(logits, decoderOf(1), request(12))).toEqual(
    await search(logits, greedy.create({}, {}), request(12)),
  );
});

test('what the prompt’s sampling bans is in no beam', async () => {
  const logits = logitsOf(5, 4);
  const banned = Number((await search(logits, decoderOf(3), request(5)))[0]);
  const prompts = [{ tokens: Int32Array.of(0), sampling: { bias: { [banned]: -1e9 } } }];
  expect(await search(logits, decoderOf(3), request(5, { prompts }))).not.toContain(banned);
});

test('the text comes at its end, a token a forward, with the model’s log-probabilities', async () => {
  const logits = logitsOf(7, 4);
  const session = scriptedSession({ context: 50, logits });
  const emissions: Emission[] = [];
  for await (const emission of decoderOf(3).generate(session, request(4, { logProbabilities: 2 }))) {
    expect(session.forwards).toBe(4);
    emissions.push(emission);
  }
  expect(emissions.map(({ tokens, proposed, accepted }) => [tokens.length, proposed, accepted])).toEqual(
    Array(4).fill([1, [], 0]),
  );
  expect(emissions.map(({ finished }) => finished)).toEqual([undefined, undefined, undefined, 'length']);
  let text: Text = { tokens: [], sum: 0 };
  for (const { tokens, logProbabilities } of emissions) {
    const next = continued(logits, text)[tokens[0]];
    expect(logProbabilities![0]).toMatchObject({
      token: tokens[0],
      logProbability: expect.closeTo(next.sum - text.sum, 6),
    });
    expect(logProbabilities![0].top).toHaveLength(2);
    text = next;
  }
});

test('a text that stops is found by strings too, each beam watching its own', async () => {
  // Says a, b, c in a circle, unsure; a string of two tokens stops.
  const logits: Logits = (text) =>
    Float32Array.from({ length: 3 }, (_, token) => ((text.at(-1)! + 1) % 3 === token ? 1 : 0));
  const tokenizer = {
    decode: (tokens: ArrayLike<number>) => Buffer.from(Array.from(tokens, (token) => 'abc'[token]).join('')),
  };
  const asked = request(9, { stops: { strings: ['ca'] }, tokenizer });
  const emissions = await all(decoderOf(4, 0).generate(scriptedSession({ context: 50, logits }), asked));
  expect(emissions.at(-1)).toMatchObject({ finished: 'stop', stop: { string: 'ca', excessBytes: 0 } });
  expect(tokensOf(emissions).slice(-2)).toEqual([2, 0]);
});

test('prompts are read one after another, with limits of their own and those that arrive', async () => {
  const logits = logitsOf(9, 4);
  const session = scriptedSession({ context: 5, logits });
  const prompts = [{ tokens: Int32Array.of(0), maxTokens: 2 }, { tokens: Int32Array.of(1, 2, 3) }];
  async function* arriving() {
    yield { tokens: new Int32Array(0) };
    yield { tokens: Int32Array.of(2), maxTokens: 1 };
  }
  const emissions = await all(decoderOf(2).generate(session, request(9, { prompts, arriving: arriving() })));
  const ends = emissions.filter(({ finished }) => finished);
  expect(ends.map(({ prompt, finished }) => [prompt, finished]).sort()).toEqual([
    [0, 'length'],
    [1, 'context'],
    [2, 'failed'],
    [3, 'length'],
  ]);
  expect([0, 1, 3].map((prompt) => tokensOf(emissions.filter((e) => e.prompt === prompt)).length)).toEqual([2, 2, 1]);
  expect(session.rows).toEqual([]);
});

describe('rows are freed', () => {
  const logits = logitsOf(2, 4);
  const endless = request(1e6);
  const open = () => scriptedSession({ context: 1e6, logits });

  test('when the request is aborted in the midst of a search', async () => {
    const session = open();
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 5);
    const run = all(decoderOf(3).generate(session, { ...endless, signal: controller.signal }));
    await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(session.rows).toEqual([]);
  });

  test('when one prompt is aborted, and the others go on', async () => {
    const session = open();
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 5);
    const prompts = [
      { tokens: Int32Array.of(0), signal: controller.signal },
      { tokens: Int32Array.of(1), maxTokens: 2 },
    ];
    const emissions = await all(decoderOf(3).generate(session, { ...endless, prompts }));
    const ends = emissions.filter(({ finished }) => finished);
    expect(ends.map(({ prompt, finished }) => [prompt, finished])).toEqual([
      [0, 'aborted'],
      [1, 'length'],
    ]);
    expect(session.rows).toEqual([]);
  });

  test('when a forward fails', async () => {
    const session = open();
    let left = 3;
    const { verify } = session;
    session.verify = (trees) => (left-- > 0 ? verify.call(session, trees) : Promise.reject(new Error('no forward')));
    await expect(all(decoderOf(3).generate(session, endless))).rejects.toThrow('no forward');
    expect(session.rows).toEqual([]);
  });

  test('when the reader stops early', async () => {
    const session = open();
    for await (const _emission of decoderOf(3).generate(session, request(4))) break;
    expect(session.rows).toEqual([]);
  });
});

test('a window, rows already open and a bad prompt are refused', async () => {
  const run = (
    more: Partial<GenerationRequest>,
    session: Session = scriptedSession({ context: 9, logits: logitsOf(1, 4) }),
  ) => all(decoderOf(2).generate(session, request(3, more)));
  await expect(run({ window: 3 })).rejects.toThrow(/OPTIONS_INVALID: decoder "beam": .*window/);
  for (const maxRows of [0, 1.5, Number.NaN])
    await expect(run({ maxRows })).rejects.toThrow(/OPTIONS_INVALID: .*maxRows/);
  expect(await run({ maxRows: 7 })).toHaveLength(3);
  await expect(run({ prompts: [{ tokens: Int32Array.of(4) }] })).rejects.toMatchObject({ code: 'TOKEN_UNKNOWN' });
  const used = scriptedSession({ context: 9, logits: logitsOf(1, 4) });
  const row = used.join({ tokens: Int32Array.of(1) });
  await expect(run({}, used)).rejects.toMatchObject({ code: 'SESSION_MISUSE' });
  expect(used.rows).toEqual([row]);
});

describe.each(TINY_TRUNKS)('on the %s trunk', (trunk) => {
  let engine: Engine;
  let model: LanguageModel;
  beforeAll(async () => {
    engine = await openEngine();
    model = tinyModel(engine, trunk, 'parallel');
  });

  /** What the model says after a text, by reading it anew. */
  async function fresh(texts: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const session = openSession(model);
    for (const text of texts) session.join({ tokens: Int32Array.from(text) });
    const none = { tokens: new Int32Array(0), parent: new Int32Array(0), q: [] };
    const verdicts = await session.verify(texts.map(() => none));
    const logits = verdicts.map((verdict) => verdict.logits(-1));
    session.dispose();
    return logits;
  }

  test('forked beams say what they would say if each were read anew', async () => {
    const known = new Map<string, Float32Array>();
    let texts: number[][] = [[0]];
    for (let length = 1; length <= 3; length++) {
      for (const [i, logits_V] of (await fresh(texts)).entries()) known.set(texts[i].join(), logits_V);
      texts = texts.flatMap((text) => Array.from({ length: VOCABULARY }, (_, token) => [...text, token]));
    }
    const logits: Logits = (text) => known.get(text.join())!;
    const before = engine.memory().numTensors;
    for (const width of [1, 2, 5, VOCABULARY ** 2]) {
      const session = openSession(model);
      const found = tokensOf(await all(decoderOf(width).generate(session, request(3))));
      session.dispose();
      expect(found).toEqual(best(plainBeams(logits, 3, -1, width), 1).tokens);
      if (width === VOCABULARY ** 2) expect(found).toEqual(best(allTexts(logits, 3, -1), 1).tokens);
    }
    expect(engine.memory().numTensors).toBe(before);
  });
});

test('a search gives timers their turn, and its steps share it: one about every eight milliseconds', async () => {
  let turns = 0;
  let next = setImmediate(function count() {
    turns++;
    next = setImmediate(count);
  });
  const session = scriptedSession({ context: 1200, logits: logitsOf(1, 3) });
  const started = performance.now();
  for await (const _emission of decoderOf(1).generate(session, request(1000))) break;
  const elapsedMs = performance.now() - started;
  clearImmediate(next);
  expect(turns).toBeGreaterThan(0);
  // Beside those of the search one before anything runs, and one behind the prompt.
  expect(turns).toBeLessThanOrEqual(elapsedMs / 8 + 4);
});
