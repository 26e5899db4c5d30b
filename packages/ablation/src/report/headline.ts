import type { Verdict } from '../statistics/compare-arms.ts';
import { counted } from './numbers.ts';
import type { VerdictRow } from './verdict.ts';

/** Every verdict, as it is counted; in this order. */
const COUNTED: Readonly<Record<Verdict, string>> = {
  better: 'better',
  worse: 'worse',
  'no difference shown': 'without a difference shown',
  'too few seeds': 'with too few seeds for a verdict',
};

/** The answer in one line: `3 arms against the baseline n1, in bits per byte: 1 better, 2 without a difference shown.` */
export function headline(rows: readonly VerdictRow[]): string {
  const baseline = rows.find(({ isBaseline }) => isBaseline);
  const others = rows.filter(({ comparison }) => comparison);
  const compared = others.flatMap(({ comparison, pruned }) => (comparison && !pruned ? [comparison] : []));
  const numPruned = others.length - compared.length;
  if (!baseline || others.length === 0) return 'One arm: there is nothing to compare it with.';
  const parts = Object.entries(COUNTED).flatMap(([verdict, words]) => {
    const count = compared.filter((comparison) => comparison.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  const said = [...parts, ...(numPruned > 0 ? [`${numPruned} pruned`] : [])].join(', ');
  return `${counted(others.length, 'arm')} against the baseline ${baseline.arm}, in ${baseline.unit}: ${said}.`;
}
