import { cpSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createRandom } from '@foretoken/core';
import { listEngines } from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finished } from '../testing/run-bin.fixture.ts';
import { tinyExperiment } from '../testing/tiny-experiment.fixture.ts';
import {
  checkpoints,
  type Forgotten,
  type KillPlace,
  killAfter,
  lossLog,
  type Trainings,
  train,
} from './killed-training.fixture.ts';

const STEPS = 200;
const EVERY = 10;
const SEED = 8;
const LAST = `step-00000${STEPS}.safetensors`;

/** Everything that a training can keep is in use: random registers, weights and a horizon that are learned. */
const SETTINGS = [
  ...[`training.steps=${STEPS}`, `training.checkpointEvery=${EVERY}`, 'training.validateEvery=20', 'training.batch=2'],
  ...['training.weighting.name=gradnorm', 'training.backward=sequential'],
  ...['training.horizonSchedule={"name":"acceptance","every":7}', 'model.head={"name":"register","horizon":1}'],
];

/** What is killed by its own hand, where a kill from outside hardly falls. */
const PLACES: readonly Omit<KillPlace, 'step'>[] = [
  { call: 'write', file: 'metrics.jsonl', when: 'middle' },
  { call: 'write', file: 'checkpoints', when: 'middle' },
  { call: 'rename', file: 'checkpoints', when: 'before' },
  { call: 'rename', file: 'checkpoints', when: 'after' },
  { call: 'rm', file: 'checkpoints', when: 'after' },
];

const WITHOUT: readonly Forgotten[] = ['cursor', 'random', 'moments', 'weighting', 'schedule'];

const available = (await listEngines()).filter((engine) => engine.available).map(({ name }) => name);
const engines = ['native', 'wasm'].filter((name) => available.includes(name as never));
if (engines.length < 2) console.log(`killed-training: skipped but on ${engines}, no other engine runs here`);

describe.each(engines)('a training of 200 steps on %s', (engine) => {
  let trainings: Trainings;
  beforeAll(async () => {
    const settings = [`engine=${engine}`, ...SETTINGS].flatMap((value) => ['--set', value]);
    trainings = { folder: tinyExperiment(), settings };
    await expectEnd(train(trainings, 'quiet'), 0);
  });
  afterAll(() => rmSync(trainings.folder, { recursive: true }));

  it('killed ten times by SIGKILL, rows and saves half written, ends in the bits of one that never was', async () => {
    const random = createRandom(SEED, `ten kills on ${engine}`);
    // Two in every 40 steps: one from outside, then one in the middle of what it writes.
    for (const [nth, place] of PLACES.entries()) {
      const steps = 40 * nth + 1 + random.integer(12);
      const delayMs = random.integer(10);
      await killAfter(trainings, 'killed', { steps, delayMs, resume: nth > 0, furthest: 40 * nth + 20 });
      const saves = place.file === 'checkpoints';
      const step = 40 * nth + 20 + (saves ? EVERY * (1 + random.integer(2)) : 1 + random.integer(20));
      const kill = { ...place, step };
      console.log(`${engine}, seed ${SEED}: ${steps} steps and ${delayMs} ms, then ${JSON.stringify(kill)}`);
      await expectEnd(train(trainings, 'killed', { resume: true, kill }), null);
    }
    await expectEnd(train(trainings, 'killed', { resume: true }), 0);
    expect(endOf('killed')).toEqual(endOf('quiet'));
  });

  describe('is told apart', () => {
    beforeAll(async () => {
      const kill = { step: 155, call: 'write', file: 'metrics.jsonl', when: 'before' } as const;
      await expectEnd(train(trainings, 'stopped', { kill }), null);
    });

    it.each(WITHOUT)('from one that goes on without its %s', async (forget) => {
      const [stopped, run] = ['stopped', `without ${forget}`].map((name) => path.join(trainings.folder, name));
      cpSync(stopped, run, { recursive: true });
      await expectEnd(train(trainings, path.basename(run), { resume: true, forget }), 0);
      const [quiet, other] = ['quiet', path.basename(run)].map(endOf);
      expect(other.lossLog).toHaveLength(STEPS);
      expect(other.lossLog).not.toEqual(quiet.lossLog);
      // At horizon 1 a schedule that begins anew soon knows what it would have known.
      const isCaughtUp = forget === 'schedule';
      expect(other.checkpoints[LAST] === quiet.checkpoints[LAST]).toBe(isCaughtUp);
    });
  });

  const endOf = (run: string) => ({
    lossLog: lossLog(trainings, run),
    checkpoints: checkpoints(trainings, run),
    summary: summaryOf(run),
  });

  /** Without what is measured of the process that came to the end, and the hash over that. */
  function summaryOf(run: string): object {
    const text = readFileSync(path.join(trainings.folder, run, 'summary.json'), 'utf8');
    return { ...JSON.parse(text), timings: 0, peakBytes: 0, contentHash: 0 };
  }
});

/** @param expected - null for a process that was killed */
async function expectEnd(finished: Promise<Finished>, expected: number | null): Promise<void> {
  const { code, stderr } = await finished;
  expect(code, stderr).toBe(expected);
}
