import { type Engine, openEngine } from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckpointStore } from '../checkpoints/checkpoint-store.ts';
import type { Experiment } from '../config/experiment.ts';
import type { HorizonSchedule, Weighting } from '../contracts/training.ts';
import type { PreparedData } from '../data/prepare.ts';
import type { Disk } from '../files/disk.ts';
import { type FaultOf, faultyDisk, NEEDS_NO_SPACE } from '../files/faulty-disk.fixture.ts';
import { JsonLinesLog, readJsonLines } from '../files/json-lines-log.ts';
import { makeFolder } from '../files/make-folder.ts';
import { MemoryDisk } from '../files/power-loss/memory-disk.fixture.ts';
import { counting, HORIZON, TINY_SETTINGS, tinyModel } from './tiny-model.fixture.ts';
import { TrainingLoop } from './training-loop.ts';

const STEPS = 6;
const METRICS = '/run/metrics.jsonl';
const STORE = '/run/checkpoints';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'wasm' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

const fixed: HorizonSchedule<null> = { start: () => null, now: () => HORIZON, learn: () => null };
const uniform: Weighting<null> = { start: () => null, now: () => Array(HORIZON).fill(1), learn: () => null };

/** Starts the training of a folder, or goes on with it, to its end. */
async function train(disk: Disk): Promise<void> {
  const checkpoints = await CheckpointStore.open(STORE, { configHash: 'same', disk });
  const metrics = await JsonLinesLog.open(METRICS, { disk });
  const model = tinyModel(engine);
  const training = { ...TINY_SETTINGS, steps: STEPS, learningRate: 0.03, validateEvery: STEPS, checkpointEvery: 2 };
  const loop = new TrainingLoop({
    ...{ experiment: { seed: 1, training } as unknown as Experiment, model, metrics, checkpoints },
    weighting: uniform as Weighting,
    horizonSchedule: fixed as HorizonSchedule,
    data: { train: counting, validation: counting } as PreparedData,
  });
  try {
    if (await checkpoints.isEmpty()) await metrics.truncateAfter(() => false);
    else await loop.resume(await checkpoints.load((await checkpoints.latest()).path));
    await loop.run();
  } finally {
    loop.dispose();
    model.dispose();
    await metrics.close();
  }
}

/** The bits that a training ends with, and what it said of its steps, times apart. */
async function endOf(disk: Disk) {
  const store = CheckpointStore.reading(STORE, { configHash: 'same', disk });
  const { path, step } = await store.latest();
  const { tensors, state } = await store.load(path);
  const rows = (await readJsonLines(METRICS, { disk })).map((row) => ({ ...row, seconds: 0 }));
  return { step, tensors, state, rows, files: (await disk.readdir(STORE)).sort() };
}

/** Trains on a disk that fails until the training has ended with that, and again on the same disk when it is well. */
async function trainedThrough(faultOf: FaultOf): Promise<{ memory: MemoryDisk; calls: string[]; said?: unknown }> {
  const memory = new MemoryDisk();
  await makeFolder('/run', memory);
  const { disk, calls } = faultyDisk(memory.disk, faultOf);
  const said = await train(disk).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (said !== undefined) await train(memory.disk);
  return { memory, calls, said };
}

describe('a training whose disk is full', () => {
  it('says so and, once there is space again, ends in the bits of one that never met it', async () => {
    const quiet = await trainedThrough(() => undefined);
    const expected = await endOf(quiet.memory.disk);
    expect(expected.rows).toHaveLength(STEPS);
    const writes = quiet.calls.flatMap((call, index) => (call === 'write' ? [index] : []));
    for (const [nth, first] of writes.entries()) {
      // The first rows and parts of a checkpoint, and then one in a few.
      if (nth > 6 && nth % 11 > 0) continue;
      const { memory, said } = await trainedThrough((call, index) =>
        index >= first && !NEEDS_NO_SPACE.includes(call) ? 'ENOSPC' : undefined,
      );
      expect(said).toMatchObject({ code: 'DISK_FULL', message: expect.stringMatching(/\/run\/.*ENOSPC/) });
      expect(await endOf(memory.disk)).toEqual(expected);
    }
  });
});
