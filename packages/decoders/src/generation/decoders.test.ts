// Decoders over a scripted session: the next token is the last one plus 1, modulo 100.
import type { Decoder, DraftPolicy, Emission, GenerationRequest, Random } from '@foretoken/core';
import { describe, expect, test, vi } from 'vitest';
import exact from '../exact/exact.ts';
import greedyDefinition from '../greedy/greedy.ts';
import speculativeDefinition from '../speculative/speculative.ts';
import { chainOf, type ScriptedOptions, ScriptedSession } from './scripted-session.fixture.ts';

const greedy: Decoder = greedyDefinition.create({}, {});
const speculative: Decoder = speculativeDefinition.create({}, {});
const next = (text: readonly number[]) => (text.at(-1)! + 1) % 100;
const policy: DraftPolicy = { grow: () => [] };
const rule = exact.create({}, {});

const prompts = (...starts: number[]) => starts.map((start) => ({ tokens: Int32Array.of(start) }));
const request = (starts: number[], maxTokens: number, more: Partial<GenerationRequest> = {}): GenerationRequest => ({
  prompts: prompts(...starts),
  maxTokens,
  rule,
  policy,
  random: () => ({}) as Random,
  ...more,
});

/** Right drafts of `right` tokens, then one wrong. */
const drafting = (right: number): ScriptedOptions => ({
  next,
  draft: (text) => chainOf([...Array.from({ length: right }, (_, i) => (text.at(-1)! + 1 + i) % 100), 99]),
});

async function all(emissions: AsyncIterable<Emission>): Promise<Emission[]> {
  const list: Emission[] = [];
  for await (const emission of emissions) list.push(emission);
  return list;
}

describe('greedy', () => {
  test('emits one token a forward, verifies nothing else and asks for no draft', async () => {
    const session = new ScriptedSession({ next });
    const emissions = await all(greedy.generate(session, request([5], 3)));
    expect(emissions).toEqual([
      { prompt: 0, tokens: Int32Array.of(6), proposed: [], accepted: 0 },
      { prompt: 0, tokens: Int32Array.of(7), proposed: [], accepted: 0 },
      { prompt: 0, tokens: Int32Array.of(8), proposed: [], accepted: 0, finished: 'length' },
    ]);
    expect(session.calls.filter((call) => call !== 'commit')).toEqual([
      'join',
      'verify 0',
      'verify 0',
      'verify 0',
      'leave 10',
    ]);
    expect(greedy.drafts).toBe(false);
  });
});

describe('speculative', () => {
  test('emits the kept drafts and then the bonus token, and says what it proposed', async () => {
    const session = new ScriptedSession(drafting(2));
    const [first, second] = await all(speculative.generate(session, request([5], 6)));
    expect(first).toEqual({ prompt: 0, tokens: Int32Array.of(6, 7, 8), proposed: [1, 1, 1], accepted: 2 });
    expect(second).toEqual({
      prompt: 0,
      tokens: Int32Array.of(9, 10, 11),
      proposed: [1, 1],
      accepted: 2,
      finished: 'length',
    });
    expect(session.policies[0]).toBe(policy);
    expect(speculative.drafts).toBe(true);
  });

  test('counts the nodes of every level of a tree', async () => {
    const draft = () => ({ tokens: Int32Array.of(6, 9, 7, 9), parent: Int32Array.of(-1, -1, 0, 0) });
    const [first] = await all(speculative.generate(new ScriptedSession({ next, draft }), request([5], 9)));
    expect(first).toEqual({ prompt: 0, tokens: Int32Array.of(6, 7, 8), proposed: [2, 2], accepted: 2 });
  });

  test.each([1, 2, 3, 4, 5, 6, 7])('ends exactly after %i tokens, whatever a draft holds', async (maxTokens) => {
    const session = new ScriptedSession(drafting(3));
    const emissions = await all(speculative.generate(session, request([5], maxTokens)));
    expect(emissions.flatMap(({ tokens }) => [...tokens])).toEqual(Array.from({ length: maxTokens }, (_, i) => 6 + i));
    expect(emissions.map(({ finished }) => finished)).toEqual([
      ...Array(emissions.length - 1).fill(undefined),
      'length',
    ]);
    for (const { tokens, accepted } of emissions) expect(accepted).toBe(tokens.length - 1);
  });

  test('proposes no token that could only be cut off', async () => {
    const session = new ScriptedSession(drafting(3));
    const emissions = await all(speculative.generate(session, request([5], 2)));
    expect(emissions).toEqual([
      { prompt: 0, tokens: Int32Array.of(6, 7), proposed: [1], accepted: 1, finished: 'length' },
    ]);
    expect(session.calls).toContain('verify 1');
  });
});

describe.each<[string, Decoder]>([
  ['greedy', greedy],
  ['speculative', speculative],
])('%s', (_, decoder) => {
  test('ends a row that has filled its context', async () => {
    const emissions = await all(decoder.generate(new ScriptedSession({ next, context: 3 }), request([5], 9)));
    expect(emissions.map(({ finished }) => finished)).toEqual([undefined, 'context']);
  });

  test('a row that ends by both is said to end by length', async () => {
    const emissions = await all(decoder.generate(new ScriptedSession({ next, context: 3 }), request([5], 2)));
    expect(emissions.at(-1)!.finished).toBe('length');
  });

  test('rows leave as they finish and the others go on', async () => {
    const session = new ScriptedSession({ next, context: 5 });
    const mixed = { ...request([], 9), prompts: [1, 2, 3].map((n) => ({ tokens: new Int32Array(n).fill(10 * n) })) };
    const emissions = await all(decoder.generate(session, mixed));
    const texts = [0, 1, 2].map((prompt) => emissions.filter((e) => e.prompt === prompt).flatMap((e) => [...e.tokens]));
    expect(texts).toEqual([
      [11, 12, 13, 14],
      [21, 22, 23],
      [31, 32],
    ]);
    expect(session.calls.filter((call) => call.startsWith('leave'))).toEqual(['leave 12', 'leave 11', 'leave 10']);
    expect(session.rows).toEqual([]);
  });

  test('emissions come as they are made', async () => {
    const session = new ScriptedSession({ next });
    const emissions = decoder.generate(session, request([5], 9))[Symbol.asyncIterator]();
    await emissions.next();
    expect(session.forwards).toBe(1);
  });

  test('a reader that stops early frees the rows', async () => {
    const session = new ScriptedSession({ next });
    for await (const _emission of decoder.generate(session, request([5, 6], 9))) break;
    expect(session.rows).toEqual([]);
  });

  test('a reader may dispose the session before it closes the stream', async () => {
    const session = new ScriptedSession({ next });
    const emissions = decoder.generate(session, request([5, 6], 9))[Symbol.asyncIterator]();
    await emissions.next();
    session.dispose();
    await expect(emissions.return!()).resolves.toMatchObject({ done: true });
  });

  test('an abort stops between two steps, names its cause and frees the rows', async () => {
    const session = new ScriptedSession({ next });
    const controller = new AbortController();
    const emissions = decoder
      .generate(session, request([5, 6], 9, { signal: controller.signal }))
      [Symbol.asyncIterator]();
    await emissions.next();
    await emissions.next();
    controller.abort(new Error('enough'));
    await expect(emissions.next()).rejects.toMatchObject({ code: 'INTERRUPTED', cause: new Error('enough') });
    expect(session.forwards).toBe(1);
    expect(session.rows).toEqual([]);
  });

  test('a request that is aborted already joins no row', async () => {
    const session = new ScriptedSession({ next });
    const stopped = request([5], 9, { signal: AbortSignal.abort() });
    await expect(all(decoder.generate(session, stopped))).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(session.calls).toEqual([]);
  });

  test('timers run between steps, so that a signal can arrive at all', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1);
    const endless = request([5], 1e9, { signal: controller.signal });
    const session = new ScriptedSession({ next, context: 1e9 });
    await expect(all(decoder.generate(session, endless))).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  test('a prompt that is refused is refused before any row joins', async () => {
    const session = new ScriptedSession({ next });
    const bad = { ...request([5], 9), prompts: [...prompts(5, 6), { tokens: new Int32Array(0) }] };
    await expect(all(decoder.generate(session, bad))).rejects.toMatchObject({ code: 'PROMPT_EMPTY' });
    expect(session.calls).toEqual([]);
  });

  test('a step that fails frees the rows', async () => {
    const session = new ScriptedSession({ next });
    vi.spyOn(session, 'verify').mockRejectedValue(new Error('no forward'));
    await expect(all(decoder.generate(session, request([5], 9)))).rejects.toThrow('no forward');
    expect(session.rows).toEqual([]);
  });

  test('no prompts, no emissions', async () => {
    expect(await all(decoder.generate(new ScriptedSession({ next }), request([], 9)))).toEqual([]);
  });

  test.each([0, -1, 1.5, Number.NaN])('maxTokens %d is refused', async (maxTokens) => {
    const run = all(decoder.generate(new ScriptedSession({ next }), request([5], maxTokens)));
    await expect(run).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });

  test('a session that has rows already is refused and keeps them', async () => {
    const session = new ScriptedSession({ next });
    const row = session.join({ tokens: Int32Array.of(1) });
    await expect(all(decoder.generate(session, request([5], 9)))).rejects.toMatchObject({ code: 'SESSION_MISUSE' });
    expect(session.rows).toEqual([row]);
  });

  test('every prompt has one random stream', async () => {
    const asked: number[] = [];
    const random = (prompt: number) => {
      asked.push(prompt);
      return {} as Random;
    };
    await all(decoder.generate(new ScriptedSession({ next }), request([5, 6], 3, { random })));
    expect(asked).toEqual([0, 1]);
  });
});
