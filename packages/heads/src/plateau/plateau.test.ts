import { describeHorizonScheduleContract } from '@foretoken/core/testing';
import { describe, expect, test } from 'vitest';
import { drive, expectRefused, makeSchedule, seen } from '../training-plugins.fixture.ts';
import plateau from './plateau.ts';

describeHorizonScheduleContract(plateau, 'plateau', { patience: 3 });

const unsmoothed = { patience: 2, minDelta: 0, smoothing: 0 };
const falling = (losses: readonly number[]) => losses.map((loss) => seen([loss, 9, 9]));

describe('one more offset', () => {
  test('after so many steps without a better loss, and again after as many more', () => {
    const losses = falling([3, 2, 2, 2, 1, 1, 1, 1, 1, 1]);
    // Best 2, two steps without better: horizon 2 after step 4. It then starts anew, at best 1.
    expect(drive(makeSchedule(plateau, unsmoothed), losses)).toEqual([1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3]);
  });

  test('never beyond the horizon', () => {
    const losses = falling(new Array(20).fill(1));
    expect(drive(makeSchedule(plateau, unsmoothed, { horizon: 2 }), losses).at(-1)).toBe(2);
    expect(drive(makeSchedule(plateau, unsmoothed, { horizon: 1 }), losses).at(-1)).toBe(1);
  });

  test('where a loss falls by no more than minDelta', () => {
    const losses = falling([3, 2.95, 2.9, 2.85]);
    expect(drive(makeSchedule(plateau, unsmoothed), losses).at(-1)).toBe(1);
    expect(drive(makeSchedule(plateau, { ...unsmoothed, minDelta: 0.11 }), losses).at(-1)).toBe(2);
  });

  test('by the running mean of the loss, by hand', () => {
    const after = (smoothing: number) =>
      drive(makeSchedule(plateau, { patience: 1, minDelta: 0, smoothing }), falling([4, 0, 2.2])).at(-1);
    // Means 4, 2, 2.1 at smoothing .5, the last no better; 4, 3.6, 3.46 at smoothing .9.
    expect(after(0.5)).toBe(2);
    expect(after(0.9)).toBe(1);
  });
});

test('watches the next token’s loss, wherever it stands, or the first term of a head that has none', () => {
  const steps = [5, 4, 3, 2].map((loss) => seen([1, loss]));
  const options = { ...unsmoothed, patience: 1 };
  expect(drive(makeSchedule(plateau, options), steps, { terms: ['order', 'offset-1'] }).at(-1)).toBe(1);
  expect(drive(makeSchedule(plateau, options), steps, { terms: ['order', 'feature'] }).at(-1)).toBe(3);
});

test('patience, minDelta and smoothing have their ranges', () => {
  expectRefused(plateau, [{ patience: 0 }, { patience: 1.5 }, { minDelta: -1 }, { smoothing: 1 }, { smoothing: -0.1 }]);
});
