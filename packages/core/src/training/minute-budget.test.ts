import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Engine, openEngine } from '@foretoken/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CheckpointStore } from '../checkpoints/checkpoint-store.ts';
import type { Experiment } from '../config/experiment.ts';
import type { HorizonSchedule, Moment, Weighting } from '../contracts/training.ts';
import type { PreparedData } from '../data/prepare.ts';
import { JsonLinesLog } from '../files/json-lines-log.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { matchedTraining } from './match-flops.ts';
import { CONTEXT, counting, HORIZON, TINY_SETTINGS, tinyModel } from './tiny-model.fixture.ts';
import { TrainingLoop, type TrainingProgress } from './training-loop.ts';

const STAGES = 4;
/** A tenth of a minute: twelve steps of half a second. */
const MINUTES = 0.1;
const STEP_MS = 500;

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'wasm' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

const training: Experiment['training'] = {
  ...TINY_SETTINGS,
  ...{ steps: STAGES, minutes: MINUTES, learningRate: 1, finalLearningRate: 0, warmupSteps: 0 },
  ...{ checkpointEvery: 100, validateEvery: 100 },
};

const fixed: HorizonSchedule = { start: () => null, now: () => HORIZON };

/** Trains in a folder, by a clock on which every step takes as long as it is told to. */
async function train(
  folder: string,
  { stepMs = () => STEP_MS, stopAt }: { readonly stepMs?: (step: number) => number; readonly stopAt?: number } = {},
) {
  const model = tinyModel(engine);
  const controller = new AbortController();
  const moments: Moment[] = [];
  const shown: TrainingProgress[] = [];
  let [ms, calls] = [0, 0];
  const metrics = await JsonLinesLog.open(join(folder, 'metrics.jsonl'));
  const checkpoints = await CheckpointStore.open(join(folder, 'checkpoints'), { configHash: 'same' });
  const loop = new TrainingLoop({
    ...{ model, metrics, checkpoints, signal: controller.signal, horizonSchedule: fixed },
    experiment: { seed: 3, training } as unknown as Experiment,
    weighting: {
      start: () => null,
      now: (_, moment) => {
        moments.push(moment);
        return Array.from({ length: HORIZON }, () => 1);
      },
    } satisfies Weighting,
    data: { train: counting, validation: counting } as PreparedData,
    clock() {
      // Asked before and after each step.
      if (calls++ % 2 === 1) ms += stepMs((calls - 2) / 2);
      return ms;
    },
    onProgress(progress) {
      shown.push(progress);
      if (progress.step === stopAt) controller.abort();
    },
  });
  const last = (await checkpoints.isEmpty()) ? undefined : await checkpoints.latest();
  if (last) await loop.resume(await checkpoints.load(last.path));
  const end = await loop.run().then(
    () => 'done',
    ({ code }) => code,
  );
  loop.dispose();
  model.dispose();
  await metrics.close();
  const rows = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').trim().split('\n');
  return { end, moments, shown, rows: rows.map((row) => JSON.parse(row)) };
}

const column = (rows: readonly { readonly [key: string]: unknown }[], key: string) => rows.map((row) => row[key]);

test('a training by the clock ends with the step that uses its minutes up, validated there', async () => {
  const { end, rows, shown } = await train(temporaryFolder());
  expect([end, rows.length]).toEqual(['done', 12]);
  expect(column(rows, 'validation').map((value) => value !== undefined)).toEqual([...Array(11).fill(false), true]);
  // As many steps as it will come to: known exactly where all take as long.
  expect(shown.map(({ steps }) => steps)).toEqual(Array(12).fill(12));
  const slower = await train(temporaryFolder(), { stepMs: (step) => (step < 4 ? 500 : 1000) });
  expect([slower.rows.length, slower.shown[3].steps, slower.shown[7].steps]).toEqual([8, 12, 8]);
});

test('the learning rate and whatever else goes by steps follow the share of the minutes that is used', async () => {
  const { rows, moments } = await train(temporaryFolder());
  // A quarter of twelve steps each; (1 + cos(pi k / 4)) / 2 for k = 0 to 3.
  const rates = [1, 0.853_553_4, 0.5, 0.146_446_6].flatMap((rate) => [rate, rate, rate]);
  for (const [i, rate] of column(rows, 'learningRate').entries()) expect(rate).toBeCloseTo(rates[i], 6);
  expect([...new Set(moments.map(({ step }) => step))]).toEqual([0, 1, 2, 3]);
  expect(moments.every(({ steps }) => steps === STAGES)).toBe(true);
});

test('one that was stopped goes on with the minutes that are left, to the bits of one that was not', async () => {
  const [whole, parts] = [temporaryFolder(), temporaryFolder()];
  const { rows } = await train(whole);
  expect((await train(parts, { stopAt: 5 })).end).toBe('INTERRUPTED');
  expect((await train(parts, { stopAt: 8 })).end).toBe('INTERRUPTED');
  const resumed = await train(parts);
  expect(resumed.end).toBe('done');
  expect(column(resumed.rows, 'loss')).toEqual(column(rows, 'loss'));
  expect(column(resumed.rows, 'learningRate')).toEqual(column(rows, 'learningRate'));
});

test('its operations are counted at their most where stages differ, since nobody knows how long each lasts', () => {
  const model = tinyModel(engine);
  const experiment = { training, model: { match: 'none' }, data: { context: CONTEXT } } as unknown as Experiment;
  const growing: HorizonSchedule = { start: () => null, now: (_, { step }) => (step < 2 ? 1 : HORIZON) };
  try {
    const [all, some] = [matchedTraining(experiment, model, fixed), matchedTraining(experiment, model, growing)];
    expect([all.isUpperBound, some.isUpperBound]).toEqual([false, true]);
    expect(some.flops).toEqual(all.flops);
  } finally {
    model.dispose();
  }
});
