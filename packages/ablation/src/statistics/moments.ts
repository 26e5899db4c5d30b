/** Mean and spread of a sample. */
export interface Moments {
  readonly mean: number;
  /** Of the sample, with n - 1; 0 for one value. */
  readonly standardDeviation: number;
}

/**
 * Mean and standard deviation, in two passes and scaled: no sum of squares overflows, and values that nearly agree keep
 * their digits.
 * @param values - at least one, finite
 */
export function moments(values: readonly number[]): Moments {
  const scale = Math.max(...values.map(Math.abs));
  if (scale === 0) return { mean: 0, standardDeviation: 0 };
  const scaled = values.map((value) => value / scale).sort((a, b) => a - b);
  const mean = scaled.reduce((sum, value) => sum + value, 0) / scaled.length;
  const squares = scaled.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean: mean * scale, standardDeviation: Math.sqrt(squares / Math.max(1, scaled.length - 1)) * scale };
}
