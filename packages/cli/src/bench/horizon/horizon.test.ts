import { expect, test } from 'vitest';
import { recordingContext } from '../context.fixture.ts';
import { trainingFlopsPerToken } from '../flops.ts';
import { type HorizonReport, run } from './horizon.ts';
import { paperRange } from './paper.ts';

const tiny = { width: 16, layers: 5, attentionHeads: 2, vocab: 32, engine: 'wasm', precision: 'float32' } as const;
const few = { batch: 2, context: 8, steps: 3, warmup: 1, backward: 'sequential', horizon: [2, 4] } as const;

test('every horizon stands against one offset of as many parameters', async () => {
  const context = recordingContext();
  expect(await run(context, [], { ...tiny, ...few })).toBe(0);
  const { horizons } = context.printed[0] as HorizonReport;
  expect(horizons.map(({ horizon }) => horizon)).toEqual([1, 2, 4]);
  expect(new Set(horizons.map(({ parameters }) => parameters)).size).toBe(1);
  expect(horizons[0]).toMatchObject({ timeRatio: 1, flopsRatio: 1, overhead: 1, paper: [1, 1] });
  const flops = (horizon: number) => trainingFlopsPerToken({ ...tiny, horizon, match: 'parameters', context: 8 });
  for (const { horizon, timeRatio, flopsRatio, overhead, stepMs } of horizons) {
    expect(flopsRatio).toBeCloseTo(flops(horizon) / flops(1), 12);
    expect(overhead).toBeCloseTo(timeRatio / flopsRatio, 12);
    expect(stepMs).toBeGreaterThan(0);
  }
});

test('the paper’s ratios at n = 4 are between 1.07 and 1.22, and there are none at n = 8', () => {
  expect(paperRange(4)).toEqual([1.07, 1.22]);
  expect(paperRange(2)).toEqual([1.02, 1.07]);
  expect(paperRange(8)).toBeUndefined();
});
