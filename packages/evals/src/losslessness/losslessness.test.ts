import { runEvals } from '@foretoken/core/evaluation';
import type { Decoder, Emission, Subject } from '@foretoken/core/plugin';
import {
  describeEvalContract,
  greedyDecoder,
  refusingDecoder,
  scriptedSubject,
  speculativeDecoder,
} from '@foretoken/core/testing';
import { describe, expect, it } from 'vitest';
import { type LosslessnessResults, losslessness } from './losslessness.ts';

describeEvalContract(losslessness, 'losslessness', { prompts: 2, promptTokens: 4, maxTokens: 6 });

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

/** Emits what the model says after bias and penalty, worked out on the host: one token a forward. */
function biasedDecoder(label: string, { bias, repetitionPenalty }: { bias: { 0: number }; repetitionPenalty: number }) {
  const decoder: Decoder = {
    drafts: true,
    async *generate(_session, { prompts, maxTokens }) {
      for (const [prompt, { tokens }] of prompts.entries()) {
        const text = [...tokens];
        for (let i = 0; i < maxTokens; i++) {
          const scores = [...model.logits(text)].map((logit, token) => {
            const biased = logit + (token === 0 ? bias[0] : 0);
            return text.includes(token) ? biased / repetitionPenalty : biased;
          });
          text.push(scores.indexOf(Math.max(...scores)));
          yield { prompt, tokens: Int32Array.of(text.at(-1)!), proposed: [], accepted: 0 };
        }
      }
    },
  };
  return { ...speculativeDecoder(label), decoder };
}

/** Speculates on the model as it is, whatever sampling its prompts bring. */
function deafDecoder(label: string) {
  const named = speculativeDecoder(label);
  const decoder: Decoder = {
    ...named.decoder,
    generate: (session, request) =>
      named.decoder.generate(session, { ...request, prompts: request.prompts.map(({ tokens }) => ({ tokens })) }),
  };
  return { ...named, decoder };
}

describe('the eval losslessness', () => {
  it('finds honest speculation equal to greedy, prompt by prompt', async () => {
    const results = await measure(scriptedSubject({ ...script, decoders: [speculativeDecoder(), greedyDecoder()] }));
    expect(results).toEqual({
      lossless: true,
      promptTokens: 4,
      maxTokens: 8,
      decoders: { speculative: { output: 'greedy', prompts: 3, equal: 3, lossless: true } },
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
      output: 'greedy',
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

  it('calls a decoder that keeps the distribution neither lossless nor lossy, and compares it with nothing', async () => {
    const keeps = ['distribution' as const];
    const drawn = speculativeDecoder('drawn', { rule: { ...speculativeDecoder().rule, keeps }, bend: liar(0) });
    const results = await measure(scriptedSubject({ ...script, decoders: [greedyDecoder(), drawn] }));
    expect(results.decoders).toEqual({
      drawn: { output: 'same distribution', prompts: 3, equal: null, lossless: null },
    });
    // Not every output is known to be greedy's.
    expect(results.lossless).toBe(false);
  });

  it('asks the decoder before its rule what it keeps, and knows that certain draws are greedy', async () => {
    const { decoder, rule } = speculativeDecoder();
    const own = { ...speculativeDecoder('own', { bend: liar(5) }), decoder: { ...decoder, keeps: [] } };
    const keeps = ['distribution' as const];
    const certain = { ...speculativeDecoder('certain'), rule: { ...rule, keeps }, sampling: { temperature: 0 } };
    const results = await measure(scriptedSubject({ ...script, decoders: [own, certain] }));
    expect(results.decoders.own).toMatchObject({ output: 'lossy', lossless: false });
    expect(results.decoders.certain).toEqual({ output: 'greedy', prompts: 3, equal: 3, lossless: true });
  });

  it('says of a lossy decoder how often it gave greedy’s output all the same, unless a clock decided that', async () => {
    const rule = { ...speculativeDecoder().rule, keeps: [] };
    const lossy = speculativeDecoder('lossy', { rule, bend: liar(5) });
    const timed = { ...speculativeDecoder('timed', { rule }), policy: { isTimed: true, grow: () => [] } };
    const results = await measure(scriptedSubject({ ...script, decoders: [lossy, timed] }));
    expect(results.lossless).toBe(false);
    expect(results.decoders.lossy).toMatchObject({
      ...{ output: 'lossy', equal: 2, lossless: false },
      firstDifference: { prompt: 1, position: 5 },
    });
    expect(results.decoders.timed).toEqual({ output: 'lossy', prompts: 3, equal: null, lossless: false });
  });

  it('judges a decoder under its own bias and repetition penalty', async () => {
    // Token 0 wins by its bias everywhere, and then loses its lead by the penalty on what the row holds.
    const sampling = { bias: { 0: 3 }, repetitionPenalty: 4 };
    const honest = { ...biasedDecoder('honest', sampling), sampling };
    const heard = { ...speculativeDecoder('heard'), sampling };
    const deaf = { ...deafDecoder('deaf'), sampling };
    const plain = speculativeDecoder('plain');
    const subject = scriptedSubject({ ...script, decoders: [honest, heard, deaf, plain] });
    const { decoders } = await measure(subject);
    expect(decoders.honest).toMatchObject({ equal: 3, lossless: true });
    expect(decoders.heard).toMatchObject({ equal: 3, lossless: true });
    expect(decoders.deaf).toMatchObject({ equal: 0, lossless: false });
    expect(decoders.plain).toMatchObject({ equal: 3, lossless: true });
    // Four decoders, and two judges: one for all decoders of one sampling.
    expect(subject.sessions).toHaveLength(6);
  });

  it('names a decoder that has nothing to draft with, which decodes nothing and so loses nothing', async () => {
    const results = await measure(scriptedSubject({ ...script, decoders: [greedyDecoder(), refusingDecoder()] }));
    expect(results).toMatchObject({ lossless: true, decoders: {} });
    expect(results.skipped).toEqual([{ decoder: 'refusing', reason: expect.stringContaining('DRAFT_UNSUPPORTED') }]);
  });

  it('calls an arm without drafts lossless and decodes nothing for it', async () => {
    const subject = scriptedSubject({ ...script, decoders: [greedyDecoder()] });
    expect(await measure(subject)).toMatchObject({ lossless: true, decoders: {} });
    expect(subject.sessions).toHaveLength(0);
  });
});
