import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tinyExperiment } from '../testing/tiny-experiment.fixture.ts';
import { checkpoints, killAfter, lossLog, type Trainings, train } from './killed-training.fixture.ts';

const STEPS = 40;
const values = [`steps=${STEPS}`, 'checkpointEvery=4', 'validateEvery=8'];

let trainings: Trainings;
beforeAll(() => {
  trainings = { folder: tinyExperiment(), settings: values.flatMap((value) => ['--set', `training.${value}`]) };
});
afterAll(() => rmSync(trainings.folder, { recursive: true }));

test('a training killed by SIGKILL again and again ends in the same bits as an undisturbed one', async () => {
  expect((await train(trainings, 'quiet')).code).toBe(0);
  for (const [kill, steps] of [6, 17, 26].entries()) {
    await killAfter(trainings, 'killed', { steps, resume: kill > 0 });
  }
  expect((await train(trainings, 'killed', { resume: true })).code).toBe(0);
  expect(lossLog(trainings, 'killed')).toHaveLength(STEPS);
  expect(lossLog(trainings, 'killed')).toEqual(lossLog(trainings, 'quiet'));
  expect(checkpoints(trainings, 'killed')).toEqual(checkpoints(trainings, 'quiet'));
  expect(Object.keys(checkpoints(trainings, 'killed'))).toContain(`step-000000${STEPS}.safetensors`);
});
