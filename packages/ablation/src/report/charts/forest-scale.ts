import type { Comparison } from '../../statistics/compare-arms.ts';

/** What a forest plot draws of one arm, in pixels from its left. */
export interface ForestMark {
  readonly difference: number;
  /** Absent where too few pairs gave no interval. */
  readonly interval?: {
    readonly low: number;
    readonly high: number;
    readonly isCutLow: boolean;
    readonly isCutHigh: boolean;
  };
}

/** The one scale of all arms of a table. */
export interface ForestScale {
  readonly width: number;
  /** Where no difference is. */
  readonly zero: number;
  /** @returns undefined for an arm without a difference */
  mark(comparison: Comparison | undefined): ForestMark | undefined;
}

/** How far the scale goes beyond the largest difference before intervals are cut: one wild arm is not to flatten the others. */
const BEYOND = 3;

/** Pixels left free on both sides. */
const MARGIN = 5;

/**
 * A scale, symmetric around no difference, that has every difference and all intervals on it; one that reaches more than
 * three times as far as the largest difference and as the narrowest interval is cut, and drawn so.
 *
 * @returns undefined where there is no difference to draw
 */
export function forestScale(comparisons: readonly (Comparison | undefined)[], width: number): ForestScale | undefined {
  const drawn = comparisons.filter((one) => one?.difference !== undefined) as (Comparison & { difference: number })[];
  if (drawn.length === 0) return undefined;
  const reaches = drawn.flatMap(({ interval }) => (interval ? [Math.max(-interval.low, interval.high)] : []));
  const largest = Math.max(...drawn.map(({ difference }) => Math.abs(difference)));
  const limit = BEYOND * Math.max(largest, reaches.length > 0 ? Math.min(...reaches) : 0);
  const reach = Math.min(Math.max(largest, ...reaches), limit) || 1;
  const place = (value: number): number =>
    Math.round(10 * (width / 2 + (Math.max(-reach, Math.min(reach, value)) / reach) * (width / 2 - MARGIN))) / 10;
  return {
    width,
    zero: place(0),
    mark(comparison) {
      if (comparison?.difference === undefined) return undefined;
      const { difference, interval } = comparison;
      return {
        difference: place(difference),
        ...(interval && {
          interval: {
            low: place(interval.low),
            high: place(interval.high),
            isCutLow: interval.low < -reach,
            isCutHigh: interval.high > reach,
          },
        }),
      };
    },
  };
}
