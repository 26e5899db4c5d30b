import { describe, expect, it } from 'vitest';
import type { BenchModelOptions } from '../../commands/bench.ts';
import { withBench } from '../open-bench.ts';
import { speedBound, weightBytes } from './weight-bytes.ts';

const tiny: BenchModelOptions = {
  ...{ width: 16, layers: 3, attentionHeads: 2, horizon: 3, vocab: 32, match: 'none' },
  ...{ engine: 'wasm', precision: 'float32' },
};

describe('the weights that a forward reads', () => {
  it('are those of trunk, offset 1 and readout, and a block and the readout again for every level', async () => {
    // By hand: a block has 4 D^2 + 3 D F weights, D = 16, F = 64, and its token's key and value are 2 D values more.
    const block = 4 * (4 * 16 ** 2 + 3 * 16 * 64 + 2 * 16);
    const readout = 4 * 16 * 32;
    const bytes = await withBench(tiny, { context: 8 }, async ({ model }) => weightBytes(model));
    // Two blocks in the trunk, a third is offset 1's.
    const past = 3 * 4 * (2 * 16);
    expect(bytes).toEqual({ greedy: 3 * block + readout, past, levels: [block + readout, block + readout] });
  });

  it('are a residual layer and the readout again for every level of Medusa, whose trunk has all blocks', async () => {
    const block = 4 * (4 * 16 ** 2 + 3 * 16 * 64 + 2 * 16);
    const [layer, readout] = [4 * 16 ** 2, 4 * 16 * 32];
    const bytes = await withBench({ ...tiny, head: 'medusa' }, { context: 8 }, async ({ model }) => weightBytes(model));
    const past = 3 * 4 * (2 * 16);
    expect(bytes).toEqual({ greedy: 3 * block + readout, past, levels: [layer + readout, layer + readout] });
  });

  it('bound what a number of tokens per forward can win', () => {
    const weights = { greedy: 60, past: 1, levels: [20, 20] };
    expect(speedBound(weights, 2.5, [1, 1])).toBeCloseTo(1.5, 12);
    // Half of the forwards drafted one level, none the second.
    expect(speedBound(weights, 1.4, [0.5, 0])).toBeCloseTo(1.2, 12);
    expect(speedBound(weights, 1, [])).toBe(1);
  });
});
