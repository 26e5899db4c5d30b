import { differencesOf, LEAST_PAIRS } from '../statistics/compare-arms.ts';
import type { Pair } from '../statistics/effect-size.ts';
import { pairedTTest } from '../statistics/paired-t.ts';
import { studentTTail } from '../statistics/student-t.ts';

/**
 * The level of one look at one arm: Bonferroni's, over all looks that there can be. Whatever the dependence between rungs
 * and arms, no worse than the baseline is stopped with a probability of at most alpha in the whole matrix.
 * @param looks - rungs times arms beside the baseline, of the plan: not of those that are left
 */
export const levelOf = (alpha: number, looks: number): number => alpha / looks;

/**
 * The probability of differences as large as these, or larger, in an arm that is no worse: of the paired t test over the
 * seeds, one-sided, since only a worse arm is stopped.
 *
 * @returns undefined where nothing can be tested: fewer than three pairs, bits that are not finite, differences that are all
 * the same (which no chance makes)
 */
export function pWorse(pairs: readonly Pair[]): number | undefined {
  if (pairs.length < LEAST_PAIRS || !pairs.every(({ own, baseline }) => Number.isFinite(own - baseline)))
    return undefined;
  const differences = differencesOf(pairs);
  if (!differences?.hasSpread) return undefined;
  const { t, degreesOfFreedom } = pairedTTest(differences.values);
  return studentTTail(t, degreesOfFreedom);
}
