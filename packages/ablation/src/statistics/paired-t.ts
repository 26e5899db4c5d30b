import { moments } from './moments.ts';
import { studentTQuantile, studentTTail } from './student-t.ts';

/** Where the true mean difference is believed to be. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly method: 'paired t' | 'bootstrap-t';
}

/** A two-sided paired t test. */
export interface PairedTTest {
  readonly t: number;
  readonly degreesOfFreedom: number;
  /** Of one comparison alone, not corrected for others. */
  readonly p: number;
  /** Of one comparison alone. */
  readonly interval: Interval;
}

/** The confidence of every interval. */
export const CONFIDENCE = 0.95;

/**
 * Whether the mean of paired differences is zero.
 *
 * Exact where the differences are normal; a mean over windows and steps nearly is.
 * @param differences - at least two, finite, not all equal
 * @source Student 1908
 */
export function pairedTTest(differences: readonly number[], confidence = CONFIDENCE): PairedTTest {
  const { mean, standardDeviation } = moments(differences);
  const degreesOfFreedom = differences.length - 1;
  const error = standardDeviation / Math.sqrt(differences.length);
  const t = mean / error;
  const reach = -studentTQuantile((1 - confidence) / 2, degreesOfFreedom) * error;
  return {
    t,
    degreesOfFreedom,
    p: 2 * studentTTail(Math.abs(t), degreesOfFreedom),
    interval: { low: mean - reach, high: mean + reach, method: 'paired t' },
  };
}
