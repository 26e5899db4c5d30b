import { bootstrapTInterval } from './bootstrap-t.ts';
import { hedgesGAv, type Pair } from './effect-size.ts';
import { holm } from './holm.ts';
import { moments } from './moments.ts';
import { type Interval, type PairedTTest, pairedTTest } from './paired-t.ts';
import { type PairedSeeds, pairBySeed, type SeedValue } from './pairs.ts';
import { smallestStandardizedEffect } from './power.ts';

/** What the seeds of an arm say of it beside the baseline. */
export type Verdict = 'better' | 'worse' | 'no difference shown' | 'too few seeds';

/** Two pairs leave one degree of freedom: an interval 13 standard errors wide, and no way to see an outlier. */
export const LEAST_PAIRS = 3;

/** The probability that any verdict of a report is wrong where no arm differs. */
export const FAMILY_LEVEL = 0.05;

/** One arm against the baseline, in one metric. */
export interface Comparison {
  readonly verdict: Verdict;
  /** Why there is no interval and no p value: every pair has the same difference, so nothing tells chance from effect. */
  readonly isWithoutSpread?: true;
  /** Pairs of seeds that both arms finished. */
  readonly pairs: number;
  /** Pairs of seeds that both arms were to finish. */
  readonly plannedPairs: number;
  /** Different comparisons of the report: what `adjustedP` and `smallestEffect` are corrected for. */
  readonly comparisons: number;
  /** Mean of own minus baseline; absent without pairs. */
  readonly difference?: number;
  /** Holds the true difference in 95% of reports; of this comparison alone. */
  readonly interval?: Interval;
  /** The same without the assumption of normal differences, from 30 pairs on. */
  readonly bootstrap?: Interval;
  /** Hedges' g_av. */
  readonly effectSize?: number;
  /** Of this comparison alone. */
  readonly p?: number;
  /** By Holm's method over all comparisons; a verdict needs 0.05 or less. */
  readonly adjustedP?: number;
  /** A true difference of this size ends in a verdict with a probability of 80%, even at the strictest corrected level. */
  readonly smallestEffect?: number;
}

/** Which values are good ones. */
export interface MetricDirection {
  readonly better: 'lower' | 'higher';
}

/**
 * Compares arms with their baseline, paired by seed: one family of comparisons, corrected together.
 *
 * An arm counts as a comparison whether or not it could be tested, so that arms that were stopped or failed make no other
 * arm's verdict easier to get. Arms with the same values for every seed, as those that share a training have, are one
 * comparison, and an arm with the baseline's own values is none: it can never differ.
 * @param baseline - its value of every planned seed
 * @param arms - the same of the others, in the order of the report
 * @returns one comparison per arm
 * @source ours, of standard parts; each says its own
 */
export function compareArms(
  baseline: readonly SeedValue[],
  arms: readonly (readonly SeedValue[])[],
  direction: MetricDirection,
): Comparison[] {
  const tested = testArms(
    arms.map((arm) => pairBySeed(baseline, arm)),
    direction,
  );
  const smallest = new Map<number, number>();
  const standardized = (pairs: number): number => {
    const alpha = FAMILY_LEVEL / tested[0].comparisons;
    if (!smallest.has(pairs)) smallest.set(pairs, smallestStandardizedEffect({ pairs, alpha }));
    return smallest.get(pairs)!;
  };
  return tested.map(({ seeds, sample, test, adjustedP, verdict, comparisons }) => ({
    verdict,
    ...(sample &&
      sample.hasSpread === false &&
      seeds.pairs.length >= LEAST_PAIRS && { isWithoutSpread: true as const }),
    pairs: seeds.pairs.length,
    plannedPairs: seeds.planned,
    comparisons,
    difference: sample?.mean,
    ...(sample && test && estimates(seeds.pairs, sample, test)),
    adjustedP,
    ...(sample && test && { smallestEffect: standardized(seeds.pairs.length) * sample.standardDeviation }),
  }));
}

/** One arm after the family was tested. */
export interface TestedArm {
  readonly seeds: PairedSeeds;
  /** Absent without pairs. */
  readonly sample?: Differences;
  readonly test?: PairedTTest;
  readonly adjustedP?: number;
  readonly verdict: Verdict;
  /** Of the family. */
  readonly comparisons: number;
}

/** The tests and verdicts alone: all that a false verdict can come from. */
export function testArms(arms: readonly PairedSeeds[], { better }: MetricDirection): TestedArm[] {
  const samples = arms.map(({ pairs }) => differencesOf(pairs));
  const tests = samples.map((sample) =>
    sample?.hasSpread && sample.values.length >= LEAST_PAIRS ? pairedTTest(sample.values) : undefined,
  );
  const keys = arms.map(comparisonKey);
  const pOfKey = new Map(keys.flatMap((key, i) => (key === undefined ? [] : [[key, tests[i]?.p] as const])));
  const adjusted = holm([...pOfKey.values()]);
  const adjustedOfKey = new Map([...pOfKey.keys()].map((key, i) => [key, adjusted[i]]));
  return arms.map((seeds, i) => {
    const adjustedP = keys[i] === undefined ? undefined : adjustedOfKey.get(keys[i]);
    const verdict = verdictOf(samples[i], adjustedP, better);
    return { seeds, sample: samples[i], test: tests[i], adjustedP, verdict, comparisons: pOfKey.size };
  });
}

/** The same for arms with the same values; undefined for one with the baseline's. */
function comparisonKey({ pairs }: PairedSeeds, index: number): string | undefined {
  if (pairs.length === 0) return `arm ${index}`;
  if (pairs.every(({ own, baseline }) => own === baseline)) return undefined;
  return JSON.stringify(pairs);
}

function verdictOf(
  sample: Differences | undefined,
  adjustedP: number | undefined,
  better: MetricDirection['better'],
): Verdict {
  if (!sample || sample.values.length < LEAST_PAIRS) return 'too few seeds';
  // Equal for every seed is no difference; the same difference for every seed means that seeds change nothing: it is one pair.
  if (adjustedP === undefined) return sample.mean === 0 ? 'no difference shown' : 'too few seeds';
  if (adjustedP > FAMILY_LEVEL) return 'no difference shown';
  return sample.mean < 0 === (better === 'lower') ? 'better' : 'worse';
}

/** Differences of pairs. */
export interface Differences {
  /** Own minus baseline. */
  readonly values: readonly number[];
  readonly mean: number;
  readonly standardDeviation: number;
  /** False where they differ by no more than rounding errors. */
  readonly hasSpread: boolean;
}

/** Rounding errors of a difference, in units of the last place of the values. */
const ROUNDING = 4;

/** Below it numbers themselves lose their digits. */
const SMALLEST_SPREAD = 1e-290;

/** Differences of pairs; undefined without any. */
export function differencesOf(pairs: readonly Pair[]): Differences | undefined {
  if (pairs.length === 0) return undefined;
  const values = pairs.map(({ own, baseline }) => own - baseline);
  const { mean, standardDeviation } = moments(values);
  const largest = Math.max(...pairs.map(({ own, baseline }) => Math.max(Math.abs(own), Math.abs(baseline))));
  const rounding = Math.max(SMALLEST_SPREAD, ROUNDING * Number.EPSILON * largest);
  const hasSpread = standardDeviation > rounding;
  return { values, mean: !hasSpread && Math.abs(mean) <= rounding ? 0 : mean, standardDeviation, hasSpread };
}

function estimates(
  pairs: readonly Pair[],
  { values }: Differences,
  { interval, p }: PairedTTest,
): Pick<Comparison, 'interval' | 'bootstrap' | 'effectSize' | 'p'> {
  return { interval, bootstrap: bootstrapTInterval(values), effectSize: hedgesGAv(pairs), p };
}
