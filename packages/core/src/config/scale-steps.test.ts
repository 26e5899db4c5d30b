import { expect, test } from 'vitest';
import { TINY_SETTINGS } from '../training/tiny-model.fixture.ts';
import { scaleSteps } from './scale-steps.ts';

const settings = { ...TINY_SETTINGS, steps: 200, warmupSteps: 4, checkpointEvery: 20, validateEvery: 10 };

test('warm-up and intervals keep their share of the steps, and nothing else moves', () => {
  const scaled = scaleSteps(settings, 150);
  expect(scaled).toEqual({ ...settings, steps: 150, warmupSteps: 3, checkpointEvery: 15, validateEvery: 8 });
});

test('no interval vanishes, no warm-up appears, and none outlasts the training', () => {
  expect(scaleSteps(settings, 1)).toMatchObject({ warmupSteps: 1, checkpointEvery: 1, validateEvery: 1 });
  expect(scaleSteps({ ...settings, warmupSteps: 0 }, 400).warmupSteps).toBe(0);
});

test('groups of parameters start at the same share of the steps', () => {
  const group = { rate: 1, start: 0 };
  const groups = { trunk: { rate: 0.1, start: 50 }, readout: group, head: group };
  expect(scaleSteps({ ...settings, groups }, 100).groups?.trunk).toEqual({ rate: 0.1, start: 25 });
});

test('the same number of steps is the same training', () => {
  expect(scaleSteps(settings, 200)).toBe(settings);
});
