import type { Random } from '@foretoken/core';
import { createRandom } from '@foretoken/core/light';
import { moments } from './moments.ts';
import { CONFIDENCE, type Interval } from './paired-t.ts';

/** Fewer pairs hold too few different resamples: at 5 a bootstrap interval covers 82%, not 95%. */
export const LEAST_BOOTSTRAP_PAIRS = 30;

/** Resamples of every interval. */
const RESAMPLES = 10_000;

/**
 * An interval for the mean that does not assume normal differences, from 30 on.
 *
 * The t statistic of resamples takes the place of Student's t distribution, so a skewed sample gets a skewed interval. Its
 * random numbers are always the same ones, and do not depend on the order of the pairs: it is a function of the sample.
 * @param differences - finite, not all equal
 * @returns undefined below 30, or where resamples without spread leave an end open
 * @source Efron & Tibshirani 1993, "An introduction to the bootstrap", sec. 12.5
 */
export function bootstrapTInterval(
  differences: readonly number[],
  { confidence = CONFIDENCE, resamples = RESAMPLES }: { confidence?: number; resamples?: number } = {},
): Interval | undefined {
  if (differences.length < LEAST_BOOTSTRAP_PAIRS) return undefined;
  const { mean, standardDeviation } = moments(differences);
  // In standard deviations, so that no square overflows.
  const ordered = differences.map((value) => (value - mean) / standardDeviation).sort((a, b) => a - b);
  const random = createRandom(0, 'statistics/bootstrap-t');
  const statistics = Float64Array.from({ length: resamples }, () => studentized(ordered, random)).sort();
  const error = standardDeviation / Math.sqrt(differences.length);
  const outside = Math.floor(((1 - confidence) / 2) * resamples);
  const low = mean - statistics[resamples - 1 - outside] * error;
  const high = mean - statistics[outside] * error;
  return Number.isFinite(low) && Number.isFinite(high) ? { low, high, method: 'bootstrap-t' } : undefined;
}

/** Below it a resample is one value, drawn again and again, and rounding errors. */
const NO_SPREAD = 1e-6;

/** Mean over its standard error of one resample of standardized values. */
function studentized(values: readonly number[], random: Random): number {
  const n = values.length;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < n; i++) {
    const value = values[random.integer(n)];
    sum += value;
    squares += value * value;
  }
  const standardDeviation = Math.sqrt(Math.max(0, (squares - (sum * sum) / n) / (n - 1)));
  return standardDeviation < NO_SPREAD
    ? Math.sign(sum) * Number.POSITIVE_INFINITY
    : sum / (Math.sqrt(n) * standardDeviation);
}
