import type { Observed } from '@foretoken/core/plugin';
import { describeHorizonScheduleContract } from '@foretoken/core/testing';
import { describe, expect, test } from 'vitest';
import { drive, expectRefused, makeSchedule, seen } from '../training-plugins.fixture.ts';
import acceptance from './acceptance.ts';

describeHorizonScheduleContract(acceptance, 'acceptance', { every: 2, patience: 1 });

const shown = (rates: readonly (number | null)[]): Observed => seen([1, 1, 1], { acceptance: rates });
const unmeasured = seen([1, 1, 1]);

test('asks to measure acceptance every so many steps', () => {
  expect(makeSchedule(acceptance).acceptanceEvery).toBe(50);
  expect(makeSchedule(acceptance, { every: 7 }).acceptanceEvery).toBe(7);
});

describe('one more offset', () => {
  test('after as many measurements in a row that pay, the last active offset’s against the ratio', () => {
    const schedule = makeSchedule(acceptance, { costRatio: 0.4, patience: 2 });
    const steps = [
      shown([0.5]),
      unmeasured,
      shown([0.3]), // not in a row
      shown([0.4]),
      shown([0.6]), // two: horizon 2
      shown([0.9, 0.39]), // offset 2 does not pay, whatever offset 1 does
      shown([0.9, 0.4]),
      shown([0.9, 0.8]), // two: horizon 3
    ];
    expect(drive(schedule, steps)).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 3]);
  });

  test('never beyond the horizon, and never back', () => {
    const schedule = makeSchedule(acceptance, { costRatio: 0.4, patience: 1 }, { horizon: 2 });
    expect(drive(schedule, [shown([1]), shown([1, 1]), shown([1, 1]), shown([0, 0])])).toEqual([1, 2, 2, 2, 2]);
    const alone = makeSchedule(acceptance, { costRatio: 0, patience: 1 }, { horizon: 1 });
    expect(drive(alone, [shown([1]), shown([1])])).toEqual([1, 1, 1]);
  });

  test('not without evidence', () => {
    const schedule = makeSchedule(acceptance, { costRatio: 0, patience: 1 });
    expect(drive(schedule, [shown([null]), unmeasured, shown([null])])).toEqual([1, 1, 1, 1]);
  });
});

test('by default an offset must pay for the next one’s counted cost, which is asked for only when it is needed', () => {
  const asked: number[] = [];
  const costRatio = (offset: number) => {
    asked.push(offset);
    return offset === 2 ? 0.2 : 0.7;
  };
  const schedule = makeSchedule(acceptance, { patience: 1 }, { costRatio });
  expect(asked).toEqual([]);
  const steps = [unmeasured, shown([0.2]), shown([0.5, 0.6]), shown([0.5, 0.7])];
  expect(drive(schedule, steps)).toEqual([1, 1, 2, 2, 3]);
  expect(asked).toEqual([2, 3, 3]);
});

test('in a gap between offsets the last one that trains is judged', () => {
  // Offsets 1 and 3: at horizon 2 offset 1 is the last; offset 2 costs nothing, offset 3 half a forward.
  const costRatio = (offset: number) => (offset === 3 ? 0.5 : 0);
  const schedule = makeSchedule(acceptance, { patience: 1 }, { costRatio });
  expect(drive(schedule, [shown([0.1]), shown([0.4, null]), shown([0.5, null])])).toEqual([1, 2, 2, 3]);
});

test('its state tells what it was last shown and held it against', () => {
  const schedule = makeSchedule(acceptance, { patience: 3 }, { costRatio: () => 0.25 });
  const at = { step: 0, steps: 9 };
  const state = schedule.learn!(schedule.start(['offset-1']), shown([0.3]), at);
  expect(state).toEqual({ horizon: 1, paid: 1, acceptance: 0.3, costRatio: 0.25 });
});

test('steps, ratio and patience have their ranges', () => {
  expectRefused(acceptance, [
    { every: 0 },
    { every: 1.5 },
    { costRatio: -0.1 },
    { costRatio: 1.1 },
    { costRatio: Number.NaN },
    { patience: 0 },
  ]);
});
