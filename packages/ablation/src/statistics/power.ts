import { twoSidedPower } from './noncentral-t.ts';
import { increasingRoot } from './root.ts';
import { studentTQuantile } from './student-t.ts';

/** How sure a smallest effect is to be seen. */
export const POWER = 0.8;

/** A paired t test that is planned or done. */
export interface TestSize {
  /** At least 2. */
  readonly pairs: number;
  /** Two-sided level, corrected if there are several comparisons; between 0 and 1. */
  readonly alpha: number;
  /** Between alpha and 1; 0.8 unless told. */
  readonly power?: number;
}

/**
 * The smallest true mean difference, in standard deviations of the differences, that a two-sided paired t test sees.
 *
 * Times the standard deviation it is the smallest effect that so many pairs could have seen: with a true difference of this
 * size the test ends in a verdict with probability `power`.
 * @source Cohen 1988, ch. 2; exact, by the noncentral t distribution, as `TTestPower` of statsmodels
 */
export function smallestStandardizedEffect({ pairs, alpha, power = POWER }: TestSize): number {
  const df = pairs - 1;
  const critical = -studentTQuantile(alpha / 2, df);
  const missing = (delta: number): number => twoSidedPower(critical, df, delta) - power;
  let high = 1;
  while (missing(high) < 0) high *= 2;
  return increasingRoot(missing, high === 1 ? 0 : high / 2, high) / Math.sqrt(pairs);
}
