import { flopsPerToken } from '@foretoken/core/training';
import { describe, expect, it } from 'vitest';
import { trainingFlopsPerToken } from './flops.ts';
import { withBench } from './open-bench.ts';

const yardstick = { width: 256, layers: 6, horizon: 4, vocab: 256, match: 'none', context: 256 } as const;

describe('FLOPs of training on one token', () => {
  it('are those of the yardstick as counted by hand', () => {
    // A block: query, key, value, output 256x256 each; gate, up, down 256x704 each.
    const block = 4 * 65_536 + 3 * 180_224;
    expect(block).toBe(802_816);
    // 5 trunk blocks and 4 heads; four readouts of 256x256. A token sees 1 to 256 tokens, 128.5 on average.
    const products = 6 * (9 * 802_816 + 4 * 65_536);
    const attention = 6 * 9 * (256 * 128.5 + 256 * 128.5);
    expect(products).toBe(44_924_928);
    expect(attention).toBe(3_552_768);
    expect(trainingFlopsPerToken(yardstick)).toBe(48_477_696);
  });

  it.each(['none', 'parameters'] as const)('are those that are counted on the model, match: %s', async (match) => {
    const small = { width: 32, layers: 5, attentionHeads: 2, horizon: 3, vocab: 40, match, context: 16 };
    const options = { ...small, engine: 'wasm', precision: 'float32' } as const;
    const counted = await withBench(options, { context: 16 }, async ({ model }) => flopsPerToken(model, { steps: 1 }));
    expect(counted.training).toBe(trainingFlopsPerToken(small));
  });

  it('differ by the readouts alone between horizons of equal parameters', () => {
    const [one, four] = [1, 4].map((horizon) => trainingFlopsPerToken({ ...yardstick, match: 'parameters', horizon }));
    expect(four - one).toBe(6 * 3 * 65_536);
  });

  it('count one block more per further head otherwise', () => {
    const [one, two] = [1, 2].map((horizon) => trainingFlopsPerToken({ ...yardstick, horizon }));
    expect(two - one).toBe(6 * (802_816 + 65_536 + 2 * 256 * 128.5));
  });
});
