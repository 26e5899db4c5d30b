import { continuedFraction } from './continued-fraction.ts';
import { halfGammaRatio } from './gamma-ratio.ts';
import { increasingRoot } from './root.ts';

/**
 * P(T > t) of Student's t. Of a far tail, too, nearly every digit is right.
 * @param t - any number, infinities included
 * @param df - degrees of freedom, above 0
 * @returns from 0 to 1; NaN for NaN
 * @source half of the regularized incomplete beta function I_x(df/2, 1/2) at x = df / (df + t^2): DLMF 8.17
 */
export function studentTTail(t: number, df: number): number {
  if (Number.isNaN(t)) return Number.NaN;
  return t < 0 ? 1 - upperTail(-t, df) : upperTail(t, df);
}

/**
 * P(T <= t) of Student's t.
 * @param df - degrees of freedom, above 0
 */
export function studentTCdf(t: number, df: number): number {
  return studentTTail(-t, df);
}

/**
 * The t that is not exceeded with probability p.
 * @param p - between 0 and 1; small ones keep their digits, so ask for the lower tail and turn the sign
 * @param df - degrees of freedom, above 0
 */
export function studentTQuantile(p: number, df: number): number {
  if (!(p > 0 && p < 1)) return p === 0 || p === 1 ? (2 * p - 1) * Number.POSITIVE_INFINITY : Number.NaN;
  if (p === 0.5) return 0;
  return p < 0.5 ? -upperQuantile(p, df) : upperQuantile(1 - p, df);
}

/** The t that is exceeded with probability q < 1/2. */
function upperQuantile(q: number, df: number): number {
  let high = 1;
  while (upperTail(high, df) > q) high *= 2;
  const logarithm = Math.log(q);
  return increasingRoot((t) => logarithm - Math.log(upperTail(t, df)), high === 1 ? 0 : high / 2, high);
}

/** For t >= 0. */
function upperTail(t: number, df: number): number {
  if (t === Number.POSITIVE_INFINITY) return 0;
  if (t === 0) return 0.5;
  const ratio = t / Math.sqrt(df);
  // x = 1 / (1 + ratio^2) and y = 1 - x, in logarithms: of neither is a small value a difference of large ones.
  const square = ratio * ratio;
  const logX = square === Number.POSITIVE_INFINITY ? -2 * Math.log(ratio) : -Math.log1p(square);
  const logY = -Math.log1p(1 / square);
  const a = df / 2;
  const front = (Math.exp(a * logX + logY / 2) * halfGammaRatio(a)) / Math.sqrt(Math.PI);
  const [x, y] = [Math.exp(logX), Math.exp(logY)];
  if (x < (a + 1) / (a + 2.5)) return (front * betaFraction(a, 0.5, x)) / (2 * a);
  return 0.5 - front * betaFraction(0.5, a, y);
}

/** I_x(a, b) a B(a, b) / (x^a (1 - x)^b), which converges fast for x < (a + 1) / (a + b + 2). */
function betaFraction(a: number, b: number, x: number): number {
  const inverse = continuedFraction(1, (level) => {
    const m = level >> 1;
    const at = a + level - 1;
    const numerator = level % 2 === 1 ? -(a + m) * (a + b + m) : m * (b - m);
    return [(numerator * x) / (at * (at + 1)), 1];
  });
  return 1 / inverse;
}
