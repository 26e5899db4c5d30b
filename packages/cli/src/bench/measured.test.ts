import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BenchShareOptions } from '../commands/bench.ts';
import { recordingContext } from './context.fixture.ts';
import * as decoding from './decoding/decoding.ts';
import * as peak from './peak/peak.ts';
import * as share from './share.ts';
import * as training from './training.ts';

const tiny: BenchShareOptions = {
  width: 16,
  layers: 2,
  attentionHeads: 2,
  horizon: 2,
  vocab: 32,
  match: 'none',
  engine: 'wasm',
  precision: 'float32',
  batch: 2,
  context: 8,
  steps: 2,
  warmup: 1,
  backward: 'sequential',
};

/** A program in the place of a Python with PyTorch, which claims that a product takes so long. */
function fakePython(folder: string, script: string): string {
  const file = path.join(folder, `python-${script.length}`);
  writeFileSync(file, `#!${process.execPath}\n${script}`);
  chmodSync(file, 0o755);
  return file;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'foretoken-bench-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function measured<Options>(
  command: { run(context: ReturnType<typeof recordingContext>, operands: [], options: Options): Promise<number> },
  options: Options,
  isJson = true,
): Promise<Record<string, number>> {
  const context = recordingContext({ isJson });
  expect(await command.run(context, [], options)).toBe(0);
  expect(context.printed).toHaveLength(1);
  return context.printed[0] as Record<string, number>;
}

describe('benchmarks of a tiny model', () => {
  it('training prints what others hold on to, in its order', async () => {
    const speed = await measured(training, tiny);
    const keys = [
      'engine',
      'threads',
      'parameters',
      'tokensPerSecond',
      'gflops',
      'peakBytes',
      'residentBytes',
      'stepMs',
    ];
    expect(Object.keys(speed)).toEqual(keys);
    expect(speed.gflops).toBeCloseTo((6 * speed.parameters * speed.tokensPerSecond) / 1e9, 12);
    expect(speed.tokensPerSecond).toBeCloseTo(16_000 / speed.stepMs, 6);
    // Weights, gradients and two moments are alive at once.
    expect(speed.peakBytes).toBeGreaterThan(4 * 4 * speed.parameters);
    expect(speed.residentBytes).toBeGreaterThanOrEqual(0);
  });

  it('training tells people its share of the GEMM peak', async () => {
    expect(await measured(training, tiny, false)).toMatch(/GFLOP\/s with attention, \d+% of the GEMM peak of [\d.]+/);
  });

  it('decoding prints what others hold on to, one object for one decoder and one batch', async () => {
    const options = { ...tiny, decoder: ['greedy'], prompt: 4, tokens: 4, batch: [2] };
    const speed = await measured(decoding, options);
    expect(Object.keys(speed)).toEqual([
      'engine',
      'threads',
      'decoder',
      'batch',
      'tokensPerSecond',
      'tokensPerForward',
    ]);
    expect(speed).toMatchObject({ engine: 'wasm', decoder: 'greedy', batch: 2 });
  });

  it('the peak is that of the engine, and PyTorch’s beside it where asked for', async () => {
    const { engine, precision } = tiny;
    expect(Object.keys(await measured(peak, { engine, precision, rounds: 1 }))).toEqual([
      'engine',
      'threads',
      'gflops',
    ]);
    // 2 x 1024^3 operations in 2 ms.
    const torch = fakePython(folder, "process.stdin.on('data', () => console.log('2.0'));");
    const both = await measured(peak, { engine, precision, rounds: 1, torch });
    expect(both.torchGflops).toBeCloseTo(1_073.741824, 6);
  });

  it('the share is that of the faster peak', async () => {
    // So fast that the engine's own peak does not count.
    const torch = fakePython(folder, "process.stdin.on('data', () => console.log('0.001'));");
    const speed = await measured(share, { ...tiny, steps: 1, torch });
    expect(speed.torchGflops).toBeGreaterThan(speed.peakGflops);
    expect(speed.share / (speed.gflops / speed.torchGflops)).toBeCloseTo(1, 6);
  });

  it('refuses a Python that cannot multiply, with the last line of what it said', async () => {
    const torch = fakePython(folder, "console.error('Traceback\\nNo module named torch'); process.exitCode = 1;");
    const { engine, precision } = tiny;
    const failing = peak.run(recordingContext(), [], { engine, precision, rounds: 1, torch });
    await expect(failing).rejects.toThrow(/OPTIONS_INVALID: --torch .*: No module named torch\. Name a Python/);
  });
});
