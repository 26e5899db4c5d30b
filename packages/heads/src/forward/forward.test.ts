import { describeHorizonScheduleContract } from '@foretoken/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectRefused, makeSchedule, overRun } from '../training-plugins.fixture.ts';
import forward from './forward.ts';

describeHorizonScheduleContract(forward, 'forward', { share: 0.5 });

test('one more offset every steps/n, from 1 to n', () => {
  expect(overRun(makeSchedule(forward, {}, { horizon: 3 }), 9)).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3]);
  expect(overRun(makeSchedule(forward, {}, { horizon: 4 }), 6)).toEqual([1, 1, 2, 3, 3, 4]);
});

test('within a share of the run, then the full horizon', () => {
  expect(overRun(makeSchedule(forward, { share: 0.5 }, { horizon: 2 }), 8)).toEqual([1, 1, 2, 2, 2, 2, 2, 2]);
});

test('horizon 1 stays 1, and a run shorter than the horizon never leaves its range', () => {
  expect(overRun(makeSchedule(forward, {}, { horizon: 1 }), 4)).toEqual([1, 1, 1, 1]);
  expect(overRun(makeSchedule(forward, {}, { horizon: 8 }), 2)).toEqual([1, 5]);
});

test('every offset gets its nth part of the steps, to within one', () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 500 }));
  fc.assert(
    fc.property(sizes, ([horizon, steps]) => {
      const horizons = overRun(makeSchedule(forward, {}, { horizon }), steps);
      for (let n = 1; n <= horizon; n++) {
        const count = horizons.filter((other) => other === n).length;
        expect(Math.abs(count - steps / horizon)).toBeLessThan(1);
      }
    }),
  );
});

test('the share is above 0 and at most 1', () => {
  expectRefused(forward, [{ share: 0 }, { share: 1.01 }, { share: Number.NaN }, { start: 1 }]);
});
