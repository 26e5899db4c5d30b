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

test('what trains at all still does in fewer steps, and what is frozen keeps its start', () => {
  const group = { rate: 1, start: 0 };
  const groups = { trunk: { rate: 0.1, start: 199 }, readout: { rate: 0, start: 250 }, head: group };
  const starts = (steps: number) => {
    const scaled = scaleSteps({ ...settings, groups }, steps).groups!;
    return [scaled.trunk.start, scaled.readout.start, scaled.head.start];
  };
  // 199 of 200 is 99.5 of 100 and 0.995 of 1: rounded, it would be past the last step.
  expect(starts(100)).toEqual([99, 250, 0]);
  expect(starts(1)).toEqual([0, 250, 0]);
});

test('the same number of steps is the same training', () => {
  expect(scaleSteps(settings, 200)).toBe(settings);
});
