import type { MatchName } from '@foretoken/core';
import { signed } from './numbers.ts';
import type { VerdictRow } from './verdict.ts';

/** Differences up to this share go unnamed. */
const WORTH_NAMING = 0.01;

interface Quantity {
  readonly name: string;
  of(row: VerdictRow): number | undefined;
}

const parameters: Quantity = { name: 'Parameters', of: (row) => row.parameters };

/** What was to be equal. Where nothing was, sizes that differ are named nevertheless: a reader would assume equal ones. */
const QUANTITIES: Readonly<Record<MatchName, Quantity>> = {
  parameters,
  flops: { name: 'Training FLOPs', of: (row) => row.trainingFlops },
  tokens: { name: 'Training tokens', of: (row) => row.tokens },
  none: parameters,
};

/**
 * Names, for each quantity that was to be equal, every arm that is more than one per cent from the baseline.
 *
 * A width or a number of steps is a whole number, a head may weigh more than any width can make up for, and a trunk may
 * ignore the widths that it is given: so what was to be matched is checked in what came out.
 */
export function mismatches(rows: readonly VerdictRow[]): string[] {
  const baseline = rows.find(({ isBaseline }) => isBaseline);
  if (!baseline) return [];
  const quantities = new Set(rows.map(({ match = 'parameters' }) => QUANTITIES[match]));
  const unequal = [...quantities].flatMap((quantity) => {
    const matched = rows.filter(({ match = 'parameters' }) => QUANTITIES[match] === quantity);
    return mismatchOf(quantity, baseline, matched) ?? [];
  });
  return [...unequal, ...(boundedFlops(rows) ?? [])];
}

/** What was to be equal in FLOPs and is known to cost no more, but perhaps less. */
function boundedFlops(rows: readonly VerdictRow[]): string[] | undefined {
  const bounded = rows.filter(({ match, isTrainingFlopsUpperBound }) => match === 'flops' && isTrainingFlopsUpperBound);
  if (bounded.length === 0) return undefined;
  const arms = bounded.map(({ arm }) => arm).join(', ');
  return [`Training FLOPs are matched as an upper bound only, under a horizon schedule that learns: ${arms}.`];
}

function mismatchOf({ name, of }: Quantity, baseline: VerdictRow, rows: readonly VerdictRow[]): string | undefined {
  const expected = of(baseline);
  if (expected === undefined) return undefined;
  const share = (row: VerdictRow): number => (of(row) ?? expected) / expected - 1;
  const unequal = rows.filter((row) => Math.abs(share(row)) > WORTH_NAMING);
  if (unequal.length === 0) return undefined;
  const arms = unequal.map((row) => `${row.arm} has ${signed(100 * share(row), 1)}%`);
  return `${name} do not match: ${arms.join(', ')} against the baseline.`;
}
