import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Engine, openEngine } from '@foretoken/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CheckpointStore } from '../checkpoints/checkpoint-store.ts';
import type { Experiment } from '../config/experiment.ts';
import type { HorizonSchedule, Observed, Weighting } from '../contracts/training.ts';
import type { PreparedData } from '../data/prepare.ts';
import { TrainingOrder } from '../data/training-order.ts';
import { matchRates } from '../evaluation/label-match.ts';
import { scoreWindows } from '../evaluation/score-windows.ts';
import { JsonLinesLog } from '../files/json-lines-log.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import type { TrainableModel } from '../model/build-model.ts';
import { defineHead } from '../plugins/define.ts';
import { createRandom } from '../random/random.ts';
import { counting, HORIZON, TINY_SETTINGS, tinyModel } from './tiny-model.fixture.ts';
import { TrainingLoop } from './training-loop.ts';

const STEPS = 40;
const SEED = 3;
const EVERY = 4;
const ACCUMULATE = 2;

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'wasm' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

/** One offset more whenever the last one is right often enough. */
const byAcceptance: HorizonSchedule<number> = {
  acceptanceEvery: EVERY,
  start: () => 1,
  now: (horizon) => horizon,
  learn: (horizon, { acceptance }) => ((acceptance?.at(-1) ?? 0) > 0.3 ? Math.min(HORIZON, horizon + 1) : horizon),
};

/** Weights that follow the gradient norms. */
const byNorms: Weighting<number[]> = {
  needs: 'gradient-norms',
  start: (terms) => terms.map(() => 1),
  now: (norms) => norms.map((norm) => 1 / norm),
  learn: (norms, seen: Observed) =>
    norms.map((norm, k) => (seen.active[k] ? 0.5 * norm + 0.5 * seen.gradientNorms![k] : norm)),
};

interface LoopOptions {
  readonly onProgress?: (step: number) => void;
  readonly signal?: AbortSignal;
  readonly model?: TrainableModel;
  readonly weighting?: Weighting;
}

/** Opens a loop over the folder's log and checkpoints, resumed if there is a checkpoint. */
async function openLoop(folder: string, options: LoopOptions = {}) {
  const model = options.model ?? tinyModel(engine);
  const metrics = await JsonLinesLog.open(join(folder, 'metrics.jsonl'));
  const checkpoints = await CheckpointStore.open(join(folder, 'checkpoints'), { configHash: 'same' });
  const experiment = {
    seed: SEED,
    training: { ...TINY_SETTINGS, steps: STEPS, learningRate: 0.03, accumulate: ACCUMULATE, validateEvery: STEPS },
  } as unknown as Experiment;
  const loop = new TrainingLoop({
    ...{ experiment, model, metrics, checkpoints, signal: options.signal },
    weighting: options.weighting ?? (byNorms as Weighting),
    horizonSchedule: byAcceptance as HorizonSchedule,
    data: { train: counting, validation: counting } as PreparedData,
    onProgress: ({ step }) => options.onProgress?.(step),
  });
  if (!(await checkpoints.isEmpty())) await loop.resume(await checkpoints.load((await checkpoints.latest()).path));
  const close = async () => {
    loop.dispose();
    model.dispose();
    await metrics.close();
  };
  return { loop, model, close };
}

type Row = Readonly<Record<string, unknown>> & { readonly horizon: number; readonly acceptance?: readonly number[] };

function metricsIn(folder: string): Row[] {
  const lines = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => ({ ...JSON.parse(line), seconds: 0 }));
}

function bits({ loop }: { loop: TrainingLoop }): Record<string, string> {
  const entries = [...loop.trainer.tensors()].map(([name, tensor]) => [
    name,
    Buffer.from(Float32Array.from(tensor.dataSync()).buffer).toString('hex'),
  ]);
  return Object.fromEntries(entries);
}

async function uninterrupted(folder: string) {
  const run = await openLoop(folder);
  await run.loop.run();
  const result = { bits: bits(run), state: run.loop.trainer.state() };
  await run.close();
  return result;
}

async function stoppedAt(folder: string, stop: number): Promise<void> {
  const controller = new AbortController();
  const run = await openLoop(folder, {
    signal: controller.signal,
    onProgress: (step) => step === stop && controller.abort(),
  });
  await expect(run.loop.run()).rejects.toThrow(/INTERRUPTED/);
  await run.close();
}

test('a run stopped and resumed again and again is the run that never stopped, growth and weights included', async () => {
  const [whole, cut] = [temporaryFolder(), temporaryFolder()];
  const expected = await uninterrupted(whole);
  const rows = metricsIn(whole);
  const horizons = rows.map(({ horizon }) => horizon);
  const growth = horizons.flatMap((horizon, i) => (i > 0 && horizon > horizons[i - 1] ? [i] : []));
  expect(growth).toHaveLength(2);
  expect(horizons.at(-1)).toBe(HORIZON);

  // Stopped before the first growth, right where it happened, and between the two.
  for (const stop of [growth[0] - 2, growth[0], growth[1] - 1]) await stoppedAt(cut, stop);
  const resumed = await uninterrupted(cut);
  expect(resumed.bits).toEqual(expected.bits);
  expect(resumed.state).toEqual(expected.state);
  expect(metricsIn(cut)).toEqual(rows);
});

test('the metrics of a step show acceptance where it is measured, norms, weights and what the schedule knew', async () => {
  const folder = temporaryFolder();
  await uninterrupted(folder);
  for (const row of metricsIn(folder)) {
    const step = row.step as number;
    expect(row.acceptance?.length, `step ${step}`).toBe(step % EVERY === 0 ? row.horizon : undefined);
    expect(row.schedule).toBe(row.horizon);
    expect(row.gradientNorms).toHaveLength(row.horizon);
    expect(row.weights).toHaveLength(row.horizon);
  }
});

test('acceptance is the label match of the step’s first batch under the weights before the step', async () => {
  const measured = 2 * EVERY;
  const folder = temporaryFolder();
  const controller = new AbortController();
  const onProgress = (step: number) => step === measured - 1 && controller.abort();
  const stopped = await openLoop(folder, { signal: controller.signal, onProgress });
  await expect(stopped.loop.run()).rejects.toThrow(/INTERRUPTED/);
  const order = new TrainingOrder({ windows: counting.count, seed: SEED });
  const windows = order.batchAt((measured - 1) * TINY_SETTINGS.batch * ACCUMULATE, TINY_SETTINGS.batch);
  const scores = scoreWindows(stopped.model, counting, windows, createRandom(0, 'any'), [1]);
  const expected = matchRates(scores, { offsets: [1], maxOffset: HORIZON });
  await stopped.close();
  const resumed = await openLoop(folder);
  await resumed.loop.run();
  await resumed.close();
  expect(expected[0]).toBeGreaterThan(0);
  expect(metricsIn(folder)[measured - 1].acceptance).toEqual(expected);
});

test('a head whose own term is a value refuses gradient norms before the first step', async () => {
  const head = defineHead({
    name: 'feature',
    create: ({ ops, param }) => {
      const gain = param('gain', [1], { kind: 'ones' });
      return {
        offsets: [1],
        forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD,
        objectives: () => [{ name: 'feature', value: ops.sum(ops.square(gain)) }],
      };
    },
  });
  const model = tinyModel(engine, { head });
  await expect(openLoop(temporaryFolder(), { model })).rejects.toThrow(
    /CONFIG_CONFLICT: weighting "uniform" .* "feature" are single values/,
  );
  model.dispose();
});
