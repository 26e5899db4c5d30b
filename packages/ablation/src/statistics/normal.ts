import { continuedFraction } from './continued-fraction.ts';

/** Below, the series is short; above, the continued fraction is. */
const SERIES_BELOW = 3;

/**
 * P(Z <= x) of the standard normal distribution.
 * @source |x| < 3: Marsaglia 2004, "Evaluating the normal distribution"; beyond: Laplace's continued fraction, DLMF 7.9
 */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  const size = Math.abs(x);
  const density = Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (size < SERIES_BELOW) return 0.5 + density * oddSeries(x);
  const tail = density === 0 ? 0 : density / continuedFraction(size, (level) => [level, size]);
  return x < 0 ? tail : 1 - tail;
}

/** x + x^3 / 3 + x^5 / (3 * 5) + ... */
function oddSeries(x: number): number {
  let [sum, term] = [x, x];
  for (let odd = 3; Math.abs(term) > Math.abs(sum) * Number.EPSILON; odd += 2) {
    term *= (x * x) / odd;
    sum += term;
  }
  return sum;
}
