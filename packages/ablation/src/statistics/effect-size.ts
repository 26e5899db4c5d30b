import { halfGammaRatio } from './gamma-ratio.ts';
import { moments } from './moments.ts';

/** The values of one seed under the baseline and under another arm. */
export interface Pair {
  readonly baseline: number;
  readonly own: number;
}

/**
 * Hedges' g_av: the mean difference in units of the spread that seeds alone make, without the bias of few pairs.
 *
 * The unit is the root mean square of both arms' standard deviations, not that of the differences (d_z), which shrinks
 * the better the pairing is and so makes any difference look large.
 * @param pairs - at least three
 * @returns own minus baseline; undefined where neither arm varies
 * @source Cumming 2012, "Understanding the new statistics", ch. 11 (d_av); Lakens 2013 (the name); the correction with
 * n - 1 degrees of freedom, exact: Hedges 1981, eq. 6e
 */
export function hedgesGAv(pairs: readonly Pair[]): number | undefined {
  const { mean } = moments(pairs.map(({ own, baseline }) => own - baseline));
  const [a, b] = [moments(pairs.map(({ own }) => own)), moments(pairs.map(({ baseline }) => baseline))];
  const spread = Math.hypot(a.standardDeviation, b.standardDeviation) / Math.SQRT2;
  if (spread === 0) return undefined;
  return (mean / spread) * hedgesCorrection(pairs.length - 1);
}

/** Gamma(df/2) / (sqrt(df/2) Gamma((df - 1)/2)): below 1, since the standard deviation of few values is too small. */
function hedgesCorrection(df: number): number {
  return halfGammaRatio((df - 1) / 2) / Math.sqrt(df / 2);
}
