import { runEvals } from '@foretoken/core/evaluation';
import type { EvalOutcome, Subject } from '@foretoken/core/plugin';
import {
  certainOf,
  describeEvalContract,
  greedyDecoder,
  refusingDecoder,
  scriptedSubject,
  speculativeDecoder,
} from '@foretoken/core/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { median, type ThroughputTimings, throughput } from './throughput.ts';

describeEvalContract(throughput, 'throughput', { rounds: 2, promptTokens: 4, maxTokens: 6 });

async function measure(subject: Subject, rounds = 3): Promise<EvalOutcome> {
  const options = { rounds, promptTokens: 4, maxTokens: 8 };
  const outcomes = await runEvals(subject, [{ name: 'throughput', eval: throughput.create({}, options) }]);
  return outcomes.throughput;
}

/** Two tokens a forward when it drafts; each forward takes 10 ms on a clock of its own. */
function timedSubject(decoders = [greedyDecoder(), speculativeDecoder()]) {
  const runs: string[] = [];
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const model = {
    levels: 1,
    logits: (history: readonly number[]) => certainOf(history.at(-1)! + 1, 256),
    drafts: (history: readonly number[]) => [history.at(-1)! + 1],
  };
  const subject = scriptedSubject({ model, offsets: [1, 2], decoders });
  const generate: Subject['generate'] = async function* (decoder, prompts, maxTokens) {
    runs.push(decoder.label);
    for await (const emission of subject.generate(decoder, prompts, maxTokens)) {
      now += 10;
      yield emission;
    }
  };
  return { subject: { ...subject, generate }, runs };
}

afterEach(() => vi.restoreAllMocks());

describe('the eval throughput', () => {
  it('puts nothing in results', async () => {
    const { subject } = timedSubject();
    expect((await measure(subject)).results).toEqual({});
  });

  it('reports medians and the ratio to greedy', async () => {
    const { subject } = timedSubject();
    const timings = (await measure(subject)).timings as ThroughputTimings;
    expect(timings).toMatchObject({ baseline: 'greedy', promptTokens: 4, maxTokens: 8, skipped: [] });
    expect(timings.decoders.greedy.rounds).toHaveLength(3);
    expect(timings.decoders.greedy.tokensPerSecond).toBeCloseTo(100, 9);
    expect(timings.decoders.greedy.ratio).toBe(1);
    expect(timings.decoders.speculative.tokensPerSecond).toBeCloseTo(200, 9);
    expect(timings.decoders.speculative.ratio).toBeCloseTo(2, 9);
  });

  it('warms every decoder up, then takes them in turn', async () => {
    const { subject, runs } = timedSubject([speculativeDecoder(), greedyDecoder()]);
    await measure(subject, 2);
    expect(runs).toEqual(['greedy', 'speculative', 'greedy', 'speculative', 'greedy', 'speculative']);
  });

  it('brings its own greedy where none is configured, and leaves out a decoder that cannot run', async () => {
    const { subject } = timedSubject([refusingDecoder('tree'), speculativeDecoder()]);
    const timings = (await measure(subject)).timings as ThroughputTimings;
    expect(timings.baseline).toBe('plain greedy');
    expect(Object.keys(timings.decoders)).toEqual(['plain greedy', 'speculative']);
    expect(timings.skipped).toEqual([{ decoder: 'tree', reason: expect.stringContaining('DRAFT_UNSUPPORTED') }]);
  });

  it('takes the middle of the values for their median', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([7])).toBe(7);
  });
});
