import { type Comparison, LEAST_PAIRS, type Verdict } from '../statistics/compare-arms.ts';
import { counted } from './numbers.ts';
import type { VerdictRow } from './verdict.ts';
import { differenceWords, probability, verdictReasons } from './verdict-words.ts';

/** Arms that a sentence names; the table has the others. */
const NAMED = 6;

/** An arm that is not the baseline, and was not pruned. */
interface Compared {
  readonly arm: string;
  readonly comparison: Comparison;
}

/** One sentence for every verdict that some arm has; none for a single seed, of which `comparisonMethod` speaks. */
export function comparisonSentences(rows: readonly VerdictRow[]): string[] {
  const compared = comparedRows(rows);
  const baseline = rows.find(({ isBaseline }) => isBaseline);
  if (!baseline || isSingleSeed(rows)) return [];
  const than = `the baseline ${baseline.arm} in ${baseline.unit} at offset 1`;
  const leads: Readonly<Record<Verdict, string>> = {
    better: `Better than ${than}`,
    worse: `Worse than ${than}`,
    'no difference shown': `No difference shown from ${than}`,
    'too few seeds': `Too few seeds for a verdict, which takes ${LEAST_PAIRS} pairs`,
  };
  return (Object.keys(leads) as Verdict[]).flatMap((verdict) => {
    const arms = compared.filter(({ comparison }) => comparison.verdict === verdict);
    return arms.length === 0 ? [] : [`${leads[verdict]}: ${named(arms)}.`];
  });
}

/** How verdicts were reached, or why there is none. */
export function comparisonMethod(rows: readonly VerdictRow[]): string | undefined {
  const compared = comparedRows(rows);
  if (compared.length === 0) return undefined;
  if (isSingleSeed(rows)) return 'One seed: a difference here may be chance.';
  const tested = compared.filter(({ comparison }) => comparison.adjustedP !== undefined);
  if (tested.length === 0) return undefined;
  const sees = tested.some(({ comparison }) => comparison.verdict === 'no difference shown')
    ? '; what could have been seen, with a probability of 80%'
    : '';
  return (
    `Paired by seed: means ± half of the 95% interval (paired t), p corrected for ${counted(tested[0].comparison.comparisons, 'comparison')} ` +
    `by Holm’s method${sees}.`
  );
}

const comparedRows = (rows: readonly VerdictRow[]): Compared[] =>
  rows.flatMap(({ arm, comparison, pruned }) => (comparison && !pruned ? [{ arm, comparison }] : []));

const isSingleSeed = (rows: readonly VerdictRow[]): boolean => rows.every(({ seeds }) => seeds <= 1);

function named(arms: readonly Compared[]): string {
  const words = arms.slice(0, NAMED).map(({ arm, comparison }) => `${arm} (${detail(comparison)})`);
  return [...words, ...(arms.length > NAMED ? [`${arms.length - NAMED} more`] : [])].join(', ');
}

/** The difference, its p value if there is one, and what stands in brackets behind a verdict. */
function detail(comparison: Comparison): string {
  const p = comparison.adjustedP === undefined ? undefined : probability(comparison.adjustedP);
  return [
    ...(comparison.difference === undefined ? [] : [differenceWords(comparison)]),
    ...(p === undefined ? [] : [p.startsWith('<') ? `p ${p}` : `p = ${p}`]),
    ...verdictReasons(comparison),
  ].join(', ');
}
