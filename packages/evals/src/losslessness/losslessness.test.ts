import { runEvals } from '@foretoken/core/evaluation';
import type { Emission, Subject } from '@foretoken/core/plugin';
import { scriptedSubject } from '@foretoken/core/testing';
import { describe, expect, it } from 'vitest';
import { greedyDecoder, refusingDecoder, speculativeDecoder } from '../decoding/scripted-decoders.fixture.ts';
import { type LosslessnessResults, losslessness } from './losslessness.ts';

async function measure(subject: Subject): Promise<LosslessnessResults> {
  const options = { prompts: 3, promptTokens: 4, maxTokens: 8 };
  const outcomes = await runEvals(subject, [{ name: 'losslessness', eval: losslessness.create({}, options) }]);
  return outcomes.losslessness.results as LosslessnessResults;
}

/** Says the sum of the last two tokens; the token after it is second by a quarter. Drafts one right and one wrong token. */
const next = (history: readonly number[]) => (history.at(-2)! + history.at(-1)!) % 50;
const model = {
  levels: 2,
  logits(history: readonly number[]) {
    const logits = new Float32Array(50);
    logits[next(history)] = 1;
    logits[(next(history) + 1) % 50] = 0.75;
    return logits;
  },
  drafts: (history: readonly number[]) => [next(history), 49],
};
const script = { model, vocabulary: 50, offsets: [1, 2, 3] };

/** Falsifies token number `position` of prompt 1. */
function liar(position: number) {
  const seen = new Map<number, number>();
  return (emission: Emission): Emission => {
    const before = seen.get(emission.prompt) ?? 0;
    seen.set(emission.prompt, before + emission.tokens.length);
    const at = position - before;
    if (emission.prompt !== 1 || at < 0 || at >= emission.tokens.length) return emission;
    return { ...emission, tokens: emission.tokens.map((token, i) => (i === at ? (token + 1) % 50 : token)) };
  };
}

describe('the eval losslessness', () => {
  it('finds honest speculation equal to greedy, prompt by prompt', async () => {
    const results = await measure(scriptedSubject({ ...script, decoders: [speculativeDecoder(), greedyDecoder()] }));
    expect(results).toEqual({
      lossless: true,
      promptTokens: 4,
      maxTokens: 8,
      decoders: { speculative: { prompts: 3, equal: 3, lossless: true } },
      skipped: [],
    });
  });

  it('catches one falsified token, says where, and how near the second choice was', async () => {
    const lying = speculativeDecoder('lying', { bend: liar(5) });
    const results = await measure(scriptedSubject({ ...script, decoders: [speculativeDecoder(), lying] }));
    expect(results.lossless).toBe(false);
    expect(results.decoders.speculative.lossless).toBe(true);
    // Prompt 1 is 12 13 14 15; the sums modulo 50 go on 29 44 23 17 40 7: number 5 is 7.
    expect(results.decoders.lying).toEqual({
      prompts: 3,
      equal: 2,
      lossless: false,
      firstDifference: { prompt: 1, position: 5, greedy: 7, got: 8, topTwoGap: 0.25 },
    });
  });

  it('catches an output that stops early', async () => {
    const short = speculativeDecoder('short', {
      bend: (emission) => (emission.prompt === 2 ? { ...emission, tokens: emission.tokens.slice(0, 1) } : emission),
    });
    const { decoders } = await measure(scriptedSubject({ ...script, decoders: [short] }));
    expect(decoders.short).toMatchObject({ equal: 2, lossless: false, firstDifference: { prompt: 2 } });
  });

  it('compares only decoders that draft and claim greedy output, and says which it left out', async () => {
    const sampling = speculativeDecoder('sampling', {
      rule: { ...speculativeDecoder().rule, keeps: ['distribution'] },
      bend: liar(0),
    });
    const decoders = [greedyDecoder(), sampling, refusingDecoder()];
    const results = await measure(scriptedSubject({ ...script, decoders }));
    expect(results).toMatchObject({ lossless: true, decoders: {} });
    expect(results.skipped).toEqual([
      { decoder: 'sampling', reason: "its acceptance rule does not claim greedy's output (it keeps: distribution)" },
      { decoder: 'refusing', reason: expect.stringContaining('DRAFT_UNSUPPORTED') },
    ]);
  });

  it('calls an arm without drafts lossless and decodes nothing for it', async () => {
    const subject = scriptedSubject({ ...script, decoders: [greedyDecoder()] });
    expect(await measure(subject)).toMatchObject({ lossless: true, decoders: {} });
    expect(subject.sessions).toHaveLength(0);
  });
});
