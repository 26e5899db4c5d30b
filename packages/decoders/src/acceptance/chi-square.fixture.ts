// V vocabulary.
import { readFileSync } from 'node:fs';

/** By degrees of freedom: what is exceeded once in a million, and the noncentrality at which that fails once in a thousand. */
export const CHI_SQUARE: { readonly critical: readonly number[]; readonly noncentrality: readonly number[] } =
  JSON.parse(readFileSync(new URL('./fixtures/chi-square.json', import.meta.url), 'utf8'));

/** One statistic, and its limit where nothing is wrong. */
export interface Fit {
  readonly of: string;
  readonly statistic: number;
  readonly freedom: number;
}

/** Cells of which a good sampler has fewer are counted together: the statistic is not chi-square distributed otherwise. */
const LEAST_EXPECTED = 5;

/**
 * How well sequences fit a distribution: the tokens of each position, and whole sequences.
 *
 * @param counts - of sequences of equal length, in the order of their tokens; may be expected ones, fractions
 * @param p - the distribution they should have
 */
export function fits(counts: Float64Array, p: Float64Array, vocabulary: number): Fit[] {
  const length = Math.round(Math.log(p.length) / Math.log(vocabulary));
  const positions = Array.from({ length }, (_, position) => {
    const at = (values: Float64Array) => marginal(values, vocabulary, length - position - 1);
    return { of: `position ${position + 1}`, ...fit(at(counts), at(p)) };
  });
  return [...positions, { of: 'sequences', ...fit(counts, p) }];
}

/** Those that no right sampler shows, but once in a million. */
export function misfits(all: readonly Fit[]): Fit[] {
  return all.filter(({ statistic, freedom }) => statistic > CHI_SQUARE.critical[freedom]);
}

function fit(counts: Float64Array, p: Float64Array): Omit<Fit, 'of'> {
  const total = counts.reduce((a, b) => a + b, 0);
  let [statistic, cells, rareCount, rareExpected] = [0, 0, 0, 0];
  for (const [cell, probability] of p.entries()) {
    const expected = probability * total;
    // What cannot be at all: no tolerance.
    if (expected === 0 && counts[cell] > 0) return { statistic: Number.POSITIVE_INFINITY, freedom: 1 };
    if (expected < LEAST_EXPECTED) {
      rareCount += counts[cell];
      rareExpected += expected;
      continue;
    }
    statistic += (counts[cell] - expected) ** 2 / expected;
    cells++;
  }
  if (rareExpected >= LEAST_EXPECTED) {
    statistic += (rareCount - rareExpected) ** 2 / rareExpected;
    cells++;
  }
  return { statistic, freedom: cells - 1 };
}

/** Sums over all tokens but one: that which `behind` others follow. */
function marginal(values: Float64Array, vocabulary: number, behind: number): Float64Array {
  const sums = new Float64Array(vocabulary);
  for (const [text, value] of values.entries()) sums[Math.floor(text / vocabulary ** behind) % vocabulary] += value;
  return sums;
}

export function largestGap(a: Float64Array, b: Float64Array): number {
  return a.reduce((gap, x, i) => Math.max(gap, Math.abs(x - b[i])), 0);
}

/** Half the sum of all differences: the most by which the probability of anything can be off. */
export function totalVariation(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, i) => sum + Math.abs(x - b[i]) / 2, 0);
}
