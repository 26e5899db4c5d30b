import { expect, test } from 'vitest';
import type { Comparison } from '../../statistics/compare-arms.ts';
import { forestScale } from './forest-scale.ts';

const comparison = (difference: number, half?: number): Comparison =>
  ({
    difference,
    ...(half !== undefined && { interval: { low: difference - half, high: difference + half } }),
  }) as unknown as Comparison;

test('zero stands in the middle, and the widest interval reaches to the margin', () => {
  const arms = [comparison(-0.1, 0.1), comparison(0.05, 0.05), undefined];
  const scale = forestScale(arms, 110)!;
  // 50 pixels either side of 55 are 0.2.
  expect(scale.zero).toBe(55);
  expect(scale.mark(arms[0])).toEqual({
    difference: 30,
    interval: { low: 5, high: 55, isCutLow: false, isCutHigh: false },
  });
  expect(scale.mark(arms[1])!.interval).toMatchObject({ low: 55, high: 80 });
  expect(scale.mark(undefined)).toBeUndefined();
});

test('an interval far beyond every difference is cut, on the side where it goes on, and no difference ever is', () => {
  const arms = [comparison(0.1, 0.05), comparison(-0.02, 5), comparison(0.02, 0.02)];
  const scale = forestScale(arms, 110)!;
  // The largest difference is 0.1: 0.3 is as far as the scale goes.
  expect(scale.mark(arms[1])!.interval).toEqual({ low: 5, high: 105, isCutLow: true, isCutHigh: true });
  expect(scale.mark(arms[0])!.interval).toMatchObject({ isCutLow: false, isCutHigh: false });
  expect(scale.mark(arms[0])!.difference).toBeCloseTo(55 + 50 / 3, 1);
});

test('a difference without an interval is a point; without any difference there is no scale', () => {
  const scale = forestScale([comparison(0)], 110)!;
  expect(scale.mark(comparison(0))).toEqual({ difference: 55 });
  expect(forestScale([undefined, {} as Comparison], 110)).toBeUndefined();
});
