import { type Comparison, LEAST_PAIRS } from '../statistics/compare-arms.ts';
import { counted, decimals, NOT_MEASURED, signed } from './numbers.ts';

/** A verdict with what it rests on, in a few words: `no difference shown (could have seen ≥ 0.013)`. */
export function verdictWords(comparison: Comparison): string {
  const reasons = verdictReasons(comparison);
  return reasons.length === 0 ? comparison.verdict : `${comparison.verdict} (${reasons.join(', ')})`;
}

/** What a verdict rests on, beside p: what could have been seen, and pairs that are missing. */
export function verdictReasons(comparison: Comparison): string[] {
  return [reasonOf(comparison), lostPairs(comparison)].filter((reason) => reason !== undefined);
}

function reasonOf({ verdict, pairs, isWithoutSpread, smallestEffect }: Comparison): string | undefined {
  if (verdict === 'too few seeds') return isWithoutSpread ? 'every seed gives the same difference' : undefined;
  if (verdict !== 'no difference shown') return undefined;
  return isWithoutSpread ? `equal in all ${counted(pairs, 'pair')}` : `could have seen ≥ ${roundedUp(smallestEffect!)}`;
}

/** Said wherever a seed is missing, and where pairs are what is missing. */
function lostPairs({ pairs, plannedPairs }: Comparison): string | undefined {
  if (pairs < plannedPairs) return `${pairs} of ${counted(plannedPairs, 'pair')}`;
  return pairs < LEAST_PAIRS ? counted(pairs, 'pair') : undefined;
}

/** A mean difference with half of its interval, in as many digits as the interval deserves: `−0.125 ± 0.025`. */
export function differenceWords({ difference, interval, bootstrap }: Comparison): string {
  if (difference === undefined || !interval) return signed(difference, 3);
  const half = (interval.high - interval.low) / 2;
  const digits = Math.min(12, Math.max(3, 1 - Math.floor(Math.log10(half))));
  const words = `${signed(difference, digits)} ± ${half.toFixed(digits)}`;
  if (!bootstrap) return words;
  return `${words} (bootstrap ${signed(bootstrap.low, digits)} to ${signed(bootstrap.high, digits)})`;
}

/** A p value; the smallest are only said to be small. */
export function probability(p: number | undefined): string {
  if (p === undefined) return NOT_MEASURED;
  return p < 0.0001 ? '< 0.0001' : decimals(p, p < 0.1 ? 4 : 3);
}

/** Two digits, rounded up: what could have been seen is not to look smaller than it is. */
function roundedUp(value: number): string {
  const digits = 1 - Math.floor(Math.log10(value));
  const unit = 10 ** -digits;
  // What was a round number stays one.
  return (Math.ceil(value / unit - 1e-9) * unit).toFixed(Math.min(100, Math.max(0, digits)));
}
