import { runEvals } from '@foretoken/core/evaluation';
import type { EvalOutcome, NamedDecoder, Subject } from '@foretoken/core/plugin';
import {
  certainOf,
  describeEvalContract,
  greedyDecoder,
  refusingDecoder,
  scriptedSubject,
  speculativeDecoder,
} from '@foretoken/core/testing';
import { describe, expect, it } from 'vitest';
import { type AcceptanceResults, acceptance } from './acceptance.ts';

describeEvalContract(acceptance, 'acceptance', { prompts: 2, promptTokens: 4, maxTokens: 6, windows: 3 });

async function outcomeOf(subject: Subject, options = {}): Promise<EvalOutcome> {
  const all = { prompts: 2, promptTokens: 4, maxTokens: 12, windows: 8, ...options };
  const outcomes = await runEvals(subject, [{ name: 'acceptance', eval: acceptance.create({}, all) }]);
  return outcomes.acceptance;
}

const measure = async (subject: Subject, options = {}) =>
  (await outcomeOf(subject, options)).results as AcceptanceResults;

/** Counts up; its heads draft the next two rightly and the third one wrongly. */
const counting = {
  levels: 3,
  logits: (history: readonly number[]) => certainOf((history.at(-1)! + 1) % 256, 256),
  drafts: (history: readonly number[]) => [1, 2, 9].map((step) => (history.at(-1)! + step) % 256),
};
const offsets = [1, 2, 3, 4];

describe('the eval acceptance', () => {
  it('counts what decoders keep, by hand: two of three drafts a forward', async () => {
    const subject = scriptedSubject({ model: counting, offsets, decoders: [speculativeDecoder(), greedyDecoder()] });
    const { decoders, prompts } = await measure(subject);
    expect(prompts).toBe(2);
    expect(decoders.speculative).toMatchObject({
      forwards: 8, // 12 tokens a prompt, 3 a forward, 2 prompts
      tokens: 24,
      bonus: 8,
      tokensPerForward: 3,
      proposed: [8, 8, 8],
      accepted: [8, 8, 0],
      marginal: [1, 1, 0],
      conditional: [1, 1, 0],
      acceptedLengths: [0, 0, 8, 0],
    });
    expect(decoders.speculative.rows).toMatchObject([
      { row: 0, forwards: 4, tokens: 12, accepted: [4, 4, 0] },
      { row: 1, forwards: 4, tokens: 12, accepted: [4, 4, 0] },
    ]);
    expect(decoders.greedy).toMatchObject({ forwards: 24, tokensPerForward: 1, proposed: [], marginal: [] });
  });

  it('says of every decoder what its output is', async () => {
    const drawn = { ...speculativeDecoder('drawn'), rule: { ...speculativeDecoder().rule, keeps: ['distribution'] } };
    const lossy = { ...speculativeDecoder('lossy'), rule: { ...speculativeDecoder().rule, keeps: [] } };
    const decoders = [speculativeDecoder(), drawn as NamedDecoder, lossy];
    const results = await measure(scriptedSubject({ model: counting, offsets, decoders }));
    expect(Object.values(results.decoders).map(({ output }) => output)).toEqual([
      'greedy',
      'same distribution',
      'lossy',
    ]);
  });

  it('keeps what depends on a clock out of results', async () => {
    const timed = { ...speculativeDecoder('timed'), policy: { isTimed: true, grow: () => [] } };
    const subject = scriptedSubject({ model: counting, offsets, decoders: [timed, speculativeDecoder()] });
    const { results, timings } = await outcomeOf(subject);
    expect(results).toMatchObject({ timed: ['timed'] });
    expect(Object.keys((results as AcceptanceResults).decoders)).toEqual(['speculative']);
    expect(timings).toMatchObject({ isReproducible: false, decoders: { timed: { forwards: 8, accepted: [8, 8, 0] } } });
    const quiet = scriptedSubject({ model: counting, offsets, decoders: [speculativeDecoder()] });
    expect(await outcomeOf(quiet)).not.toHaveProperty('timings');
  });

  it('guards against repetition and shows a sample, drafts or not', async () => {
    const loop = { ...counting, logits: () => certainOf(101, 256), drafts: () => [101, 101, 101] };
    const subject = scriptedSubject({ model: loop, offsets, decoders: [speculativeDecoder(), greedyDecoder()] });
    const { decoders } = await measure(subject);
    expect(decoders.speculative.tokensPerForward).toBe(4);
    expect(decoders.speculative.repetition).toEqual({ distinct4: 1 / 9, textDistinct4: 1, degenerate: true });
    expect(decoders.greedy.repetition.degenerate).toBe(true);
    expect(decoders.greedy.sample.pieces).toEqual([{ text: 'e'.repeat(12), drafted: false }]);
    expect(decoders.speculative.sample.pieces.slice(0, 2)).toEqual([
      { text: 'eee', drafted: true },
      { text: 'e', drafted: false },
    ]);
  });

  it('gives the same loop one label-match token per forward', async () => {
    const predict = () => 101;
    const { labelMatch } = await measure(scriptedSubject({ offsets, predict, validation: [...Array(100).keys()] }));
    expect(labelMatch).toMatchObject({
      tokensPerForward: 1,
      proposed: [expect.any(Number), expect.any(Number), expect.any(Number)],
    });
    expect(labelMatch.rates).toEqual([0, 0, 0, 0]);
  });

  it('credits a model that knows the text, and brings its controls down to chance', async () => {
    const validation = Array.from({ length: 40 * 64 + 4 }, (_, t) => (t * t * 7 + Math.floor(t / 3)) % 251);
    const predict = (tokens: Int32Array, t: number, offset: number) => tokens[t + offset];
    const subject = scriptedSubject({ offsets, predict, validation, context: 64 });
    const { labelMatch } = await measure(subject, { windows: 40 });
    expect(labelMatch).toMatchObject({ windows: 40, tokensPerForward: 4, rates: [1, 1, 1, 1], marginal: [1, 1, 1] });
    expect(labelMatch.rows.map(({ row }) => row)).toEqual([...Array(40).keys()]);
    expect(labelMatch.rows.reduce((sum, { forwards }) => sum + forwards, 0)).toBe(labelMatch.forwards);
    expect(labelMatch.control.shift).toBe(32);
    for (const control of [labelMatch.control.shifted, labelMatch.control.random]) {
      for (const rate of control.rates) expect(rate).toBeLessThan(0.03);
      expect(control.tokensPerForward).toBeLessThan(1.05);
    }
  });

  it('measures a subject twice with one result', async () => {
    const subject = scriptedSubject({ model: counting, offsets, decoders: [speculativeDecoder()] });
    expect(await measure(subject)).toEqual(await measure(subject));
  });

  it('skips by name a decoder that has nothing to draft with, and lets other errors through', async () => {
    const subject = scriptedSubject({ decoders: [refusingDecoder('tree'), greedyDecoder()] });
    const results = await measure(subject);
    expect(Object.keys(results.decoders)).toEqual(['greedy']);
    expect(results.skipped).toEqual([{ decoder: 'tree', reason: expect.stringContaining('nothing to draft with') }]);
    const broken = scriptedSubject({ decoders: [refusingDecoder('tree', 'SESSION_MISUSE')] });
    await expect(measure(broken)).rejects.toMatchObject({ code: 'SESSION_MISUSE' });
  });

  it('refuses prompts that leave no room in the context', async () => {
    await expect(measure(scriptedSubject({ context: 16 }), { maxTokens: 13 })).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
      message: expect.stringContaining('context 16, was 4 + 13'),
    });
  });

  it('disposes every session, also when a decoder throws', async () => {
    const subject = scriptedSubject({ model: counting, offsets, decoders: [speculativeDecoder(), refusingDecoder()] });
    await measure(subject);
    expect(subject.sessions.map(({ disposed }) => disposed)).toEqual([true, true]);
  });
});
