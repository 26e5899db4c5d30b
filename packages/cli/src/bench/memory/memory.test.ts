import { backwardOf } from '@foretoken/core/training';
import { expect, test } from 'vitest';
import { recordingContext } from '../context.fixture.ts';
import { withBench } from '../open-bench.ts';
import { randomBatch } from '../random-batch.ts';
import { type MemoryReport, run } from './memory.ts';
import { unfused } from './unfused.ts';

const tiny = { width: 16, layers: 2, attentionHeads: 2, engine: 'wasm', precision: 'float32' } as const;

test('the unfused way has the losses and gradients of the framework’s', async () => {
  const options = { ...tiny, horizon: 3, vocab: 40, match: 'none' } as const;
  await withBench(options, { context: 8 }, async ({ engine, model, random }) => {
    const { batch, dispose } = randomBatch(model, random, 2);
    const weight = (term: string) => (term === 'offset-2' ? 0.5 : 1);
    const request = { batch, offsets: model.offsets, weight, batches: 1 };
    const before = engine.memory().numTensors;
    const [naive, fused] = [unfused(model, request), backwardOf('joint')(model, request)];
    for (const [term, loss] of fused.losses) expect(naive.losses.get(term)).toBeCloseTo(loss, 5);
    expect([...naive.gradients.keys()].sort()).toEqual([...model.parameters.keys()].sort());
    for (const [name, gradient] of fused.gradients) {
      const [mine, theirs] = [naive.gradients.get(name)!, gradient].map((one) => [...one.dataSync()]);
      const norm = Math.hypot(...theirs);
      expect(Math.hypot(...theirs.map((value, i) => value - mine[i])) / norm, name).toBeLessThan(1e-4);
      naive.gradients.get(name)!.dispose();
      gradient.dispose();
    }
    dispose();
    // What stays is the nodes' own, made once and freed with them.
    expect(engine.memory().numTensors).toBeLessThanOrEqual(before);
  });
});

test('working memory goes as nV where logits are whole, and as V where they are not', async () => {
  const sizes = { vocab: [2048, 8192], horizon: [2, 4, 6], batch: 4, context: 16 };
  const measured = async () => {
    const context = recordingContext();
    expect(await run(context, [], { ...tiny, ...sizes })).toBe(0);
    return context.printed[0] as MemoryReport;
  };
  const report = await measured();
  const kept = Object.fromEntries(report.slopes.map(({ backward, logitsKept }) => [backward, logitsKept]));
  expect(kept.unfused).toBeGreaterThan(0.95);
  expect(kept.unfused).toBeLessThan(1.05);
  expect(Math.abs(kept.sequential!)).toBeLessThan(0.01);
  expect(Math.abs(kept.joint!)).toBeLessThan(0.01);
  expect(report.points).toHaveLength(3 * 2 * 3);
  expect(await measured()).toEqual(report);
});

test('where one size was measured, its slopes are left out and the sizes that they need are named', async () => {
  const printed = async (sizes: { vocab: number[]; horizon: number[] }) => {
    const context = recordingContext({ isJson: false });
    expect(await run(context, [], { ...tiny, ...sizes, batch: 1, context: 4 })).toBe(0);
    return context.printed.join('\n');
  };
  const oneVocab = await printed({ vocab: [40], horizon: [1, 2] });
  expect(oneVocab).toMatch(/sequential, O\(V\+d\): an offset costs [^;]* at V 40\.\n/);
  expect(oneVocab).toMatch(/\nGive two or more sizes for the slopes left out: --vocab 256,4096$/);
  const one = await printed({ vocab: [40], horizon: [2] });
  expect(one).not.toContain('costs');
  expect(one).toMatch(/\nGive two or more sizes for the slopes left out: --horizon 1,4 --vocab 256,4096$/);
  for (const text of [oneVocab, one]) expect(text).not.toContain('NaN');
});
