import { describeHorizonScheduleContract } from '@foretoken/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectRefused, makeSchedule, overRun } from '../training-plugins.fixture.ts';
import reverse from './reverse.ts';

describeHorizonScheduleContract(reverse, 'reverse', { share: 0.5 });

test('one offset fewer every steps/n, from n to 1', () => {
  expect(overRun(makeSchedule(reverse, {}, { horizon: 3 }), 9)).toEqual([3, 3, 3, 2, 2, 2, 1, 1, 1]);
  expect(overRun(makeSchedule(reverse, {}, { horizon: 4 }), 6)).toEqual([4, 4, 3, 2, 2, 1]);
});

test('within a share of the run, then horizon 1', () => {
  expect(overRun(makeSchedule(reverse, { share: 0.5 }, { horizon: 2 }), 8)).toEqual([2, 2, 1, 1, 1, 1, 1, 1]);
});

test('stays in 1..n for any run', () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 500 }));
  fc.assert(
    fc.property(sizes, fc.double({ min: 0.01, max: 1, noNaN: true }), ([horizon, steps], share) => {
      const horizons = overRun(makeSchedule(reverse, { share }, { horizon }), steps);
      expect(horizons[0]).toBe(horizon);
      for (const [i, n] of horizons.entries()) {
        expect(n).toBeGreaterThanOrEqual(1);
        expect(n).toBeLessThanOrEqual(i === 0 ? horizon : horizons[i - 1]);
      }
    }),
    { numRuns: 50 },
  );
});

test('the share is above 0 and at most 1', () => {
  expectRefused(reverse, [{ share: 0 }, { share: 1.01 }, { share: '1' }]);
});
