import { normalCdf } from './normal.ts';

/** Logarithm of the share of the peak's density below which nothing is left to add. */
const NEGLIGIBLE = -45;

/**
 * P(T <= t) of the noncentral t distribution: of (Z + delta) / S, with Z normal and S = sqrt(chi-square / df).
 * @param df - degrees of freedom, at least 1
 * @param delta - noncentrality
 * @returns with an absolute error below 1e-11
 * @source its definition, as the mean over S of P(Z <= t S - delta)
 */
export function noncentralTCdf(t: number, df: number, delta: number): number {
  return meanOverS(df, delta, (s) => normalCdf(t * s - delta));
}

/**
 * P(|T| > critical) of the noncentral t distribution: the power of a two-sided t test.
 * @param critical - above 0
 * @param df - degrees of freedom, at least 1
 * @param delta - noncentrality
 */
export function twoSidedPower(critical: number, df: number, delta: number): number {
  return meanOverS(df, delta, (s) => normalCdf(delta - critical * s) + normalCdf(-critical * s - delta));
}

/**
 * The mean of f(S) by the trapezoidal rule in u = log S.
 *
 * There the density falls off on both sides and the rule converges exponentially, once a step resolves the density and
 * the flank of f, which is 1/delta wide. The density is normalized by its own sum, so no gamma function is needed.
 */
function meanOverS(df: number, delta: number, f: (s: number) => number): number {
  const step = Math.min(1 / Math.sqrt(2 * df) / 4, 0.5 / Math.max(1, Math.abs(delta)));
  const logDensity = (u: number): number => df * (u - Math.expm1(2 * u) / 2);
  let [sum, weights] = [0, 0];
  for (const [sign, first] of [[1, 0] as const, [-1, 1] as const]) {
    for (let i = first; ; i++) {
      const u = sign * i * step;
      const exponent = logDensity(u);
      if (exponent < NEGLIGIBLE) break;
      const weight = Math.exp(exponent);
      weights += weight;
      sum += weight * f(Math.exp(u));
    }
  }
  return sum / weights;
}
