import { runEvals } from '@foretoken/core/evaluation';
import type { Subject } from '@foretoken/core/plugin';
import { describeEvalContract, scriptedSubject } from '@foretoken/core/testing';
import { describe, expect, it } from 'vitest';
import { type BitsPerByteResults, bitsPerByte } from './bits-per-byte.ts';

describeEvalContract(bitsPerByte, 'bits-per-byte', { windows: 3 });

async function measure(subject: Subject, windows = 64): Promise<BitsPerByteResults> {
  const outcomes = await runEvals(subject, [{ name: 'bits-per-byte', eval: bitsPerByte.create({}, { windows }) }]);
  return outcomes['bits-per-byte'].results as BitsPerByteResults;
}

describe('the eval bits-per-byte', () => {
  it('turns mean nats of each offset into bits', async () => {
    const nats = (_tokens: Int32Array, t: number, offset: number) => (t % 2 === 0 ? 0 : 4 * offset * Math.LN2);
    const results = await measure(scriptedSubject({ offsets: [1, 2], nats, context: 8 }), 3);
    expect(results).toMatchObject({ unit: 'bits per byte', windows: 3, offsets: [1, 2], targets: [24, 24] });
    expect(results.perOffset[0]).toBeCloseTo(2, 12);
    expect(results.perOffset[1]).toBeCloseTo(4, 12);
  });

  it('fits the bigram model on training pairs and scores it on the positions of offset 1', async () => {
    // Training: 0 1 0 1 ..., two windows of 8 positions: pairs 01 and 10, eight of each, so the least alpha, 1/64.
    // Held out: 0 0 1 1 0 0 1 1 0, one window of 8 positions: pairs 00 01 11 10, two of each.
    const train = Array.from({ length: 17 }, (_, t) => t % 2);
    const validation = [0, 0, 1, 1, 0, 0, 1, 1, 0];
    const results = await measure(scriptedSubject({ train, validation, context: 8, maxOffset: 1, vocabulary: 2 }));
    const alpha = 1 / 64;
    const seen = (8 + alpha * (9 / 18)) / (8 + alpha);
    const unseen = (alpha * (9 / 18)) / (8 + alpha);
    expect(results).toMatchObject({ targets: [8], bigramFit: { pairs: 16, alpha }, bigramReason: null });
    expect(results.bigram).toBeCloseTo((-4 * Math.log2(seen) - 4 * Math.log2(unseen)) / 8, 12);
  });

  it('says why there is no bigram model of a large vocabulary, and names tokens as what they are', async () => {
    const subject = scriptedSubject({});
    const tokenizer = { ...subject.tokenizer, vocabulary: 32_000, isBytes: false };
    const results = await measure({ ...subject, tokenizer });
    expect(results).toMatchObject({ unit: 'bits per token', bigram: null, bigramFit: null });
    expect(results.bigramReason).toMatch(/32000 tokens/);
  });

  it('says null, not zero, of an offset without targets', async () => {
    const subject = scriptedSubject({ offsets: [1, 2] });
    const losses: Subject['losses'] = async (windows) => ({
      ...(await subject.losses(windows)),
      meanNats: [1, 0],
      scored: [5, 0],
    });
    expect((await measure({ ...subject, losses })).perOffset).toEqual([1 / Math.LN2, null]);
  });
});
