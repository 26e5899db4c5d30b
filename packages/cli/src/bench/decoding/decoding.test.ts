import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BenchDecodingOptions } from '../../commands/bench.ts';
import { recordingContext } from '../context.fixture.ts';
import type { BestLevelsReport } from './best-levels.ts';
import type { CurveReport } from './curve.ts';
import { run } from './decoding.ts';
import type { DetailedSpeed } from './speeds.ts';

const tiny: BenchDecodingOptions = {
  ...{ width: 16, layers: 3, attentionHeads: 2, horizon: 3, vocab: 32, match: 'none' },
  ...{ engine: 'wasm', precision: 'float32', decoder: ['speculative'], prompt: 4, tokens: 6, batch: [1] },
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'foretoken-decoding-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function measured<Report>(options: Partial<BenchDecodingOptions>): Promise<Report> {
  const context = recordingContext();
  expect(await run(context, [], { ...tiny, ...options })).toBe(0);
  expect(context.printed).toHaveLength(1);
  return context.printed[0] as Report;
}

describe('bench decoding on a tiny model', () => {
  it('adds what was asked for, and greedy is its own measure', async () => {
    const found = await measured<DetailedSpeed[]>({ decoder: ['greedy', 'speculative'], split: true });
    expect(found.map(({ decoder, prompts }) => [decoder, prompts])).toEqual([
      ['greedy', 3],
      ['speculative', 3],
    ]);
    const [greedy, speculative] = found;
    expect(greedy.overGreedy).toBe(1);
    expect(greedy.tokensPerSecond).toBeLessThan(greedy.decodingTokensPerSecond);
    // 3 blocks of 16,384 and a readout of 2,048 bytes, and two thirds as much again where both levels are drafted; see
    // weight-bytes.test.ts. What is drafted near the end is less.
    expect(speculative.bound).toBeLessThan(speculative.tokensPerForward);
    expect(speculative.bound! * speculative.shareOfBound!).toBeCloseTo(speculative.overGreedy!, 9);
  });

  it('hands rule, policy and levels to whoever drafts', async () => {
    const none = await measured<DetailedSpeed>({ policy: 'fixed', levels: 0, split: true, tokens: 12 });
    expect(none.tokensPerForward).toBe(1);
    await expect(measured({ policy: 'fixed', levels: 3 })).rejects.toMatchObject({ code: 'DRAFT_UNSUPPORTED' });
    await expect(measured({ rule: 'exactly' })).rejects.toMatchObject({ message: expect.stringMatching(/exact/) });
    // Greedy asks neither: what it cannot do is no obstacle.
    await measured({ decoder: ['greedy'], policy: 'fixed', levels: 3 });
  });

  it('gives a number of nodes to a decoder that has any, and to no other', async () => {
    const [one, many] = await measured<DetailedSpeed[]>({ decoder: ['tree:1', 'tree:6'] });
    expect([one.decoder, many.decoder]).toEqual(['tree-1', 'tree-6']);
    expect(one.tokensPerForward).toBeLessThanOrEqual(2);
    for (const decoder of ['greedy:3', 'tree:many', 'tree:0']) {
      await expect(measured({ decoder: [decoder] })).rejects.toMatchObject({ message: expect.stringMatching(/nodes/) });
    }
  });

  it('measures t(k) for up to nine nodes, whole steps as far as the model drafts, and draws it', async () => {
    const svg = path.join(folder, 'curve.svg');
    const { nodes, batches } = await measured<CurveReport>({ curve: true, batch: [1, 3], svg });
    expect(nodes).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(batches.map(({ batch }) => batch)).toEqual([1, 3]);
    for (const { verifyMs, stepMs } of batches) {
      expect(verifyMs.every((ms) => ms > 0)).toBe(true);
      expect(stepMs.map((ms) => ms !== null)).toEqual([true, true, true, ...Array(6).fill(false)]);
    }
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  });

  it('measures every fixed number of levels and the cost model, batch by batch', async () => {
    const { batches } = await measured<BestLevelsReport>({ bestK: true, batch: [1, 2] });
    for (const { fixed, best, bestInPairs, costModel, ratio, ratioQuartiles } of batches) {
      expect(fixed).toHaveLength(3);
      expect(fixed[best]).toBe(Math.max(...fixed));
      expect(ratioQuartiles[0]).toBeLessThanOrEqual(ratio);
      expect(ratioQuartiles[1]).toBeGreaterThanOrEqual(ratio);
      // Eight pairs of a few tokens: far apart they are only if one is divided by something else.
      expect(costModel / bestInPairs / ratio).toBeGreaterThan(0.2);
      expect(costModel / bestInPairs / ratio).toBeLessThan(5);
    }
    expect(batches.map(({ batch }) => batch)).toEqual([1, 2]);
  });

  it('refuses a folder that holds no run', async () => {
    await expect(measured({ run: folder })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });
});
