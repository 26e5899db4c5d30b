import { decimals, grouped } from './numbers.ts';
import type { ArmPruned, VerdictRow } from './verdict.ts';

/** What stands for a verdict on an arm that was stopped: `pruned at step 700 of 2,800: worse by 0.120 bits`. */
export function prunedWords(pruned: ArmPruned): string {
  return `pruned at ${placeWords(pruned)}`;
}

/**
 * `step 700 of 2,800: worse by 0.120 bits`: than the baseline. One that was no worse was stopped for its place among the others.
 */
export function placeWords({ step, steps, difference, reason }: ArmPruned): string {
  const place = `step ${grouped(step)} of ${grouped(steps)}`;
  if (difference === undefined) return `${place}: ${reason}`;
  const bits = `${decimals(Math.abs(difference), 3)} bits`;
  return difference > 0 ? `${place}: worse by ${bits}` : `${place}: better by ${bits}, others by more`;
}

/** Which arms were stopped, and what that does to the verdicts on the others. */
export function pruningSentences(rows: readonly VerdictRow[]): string[] {
  const pruned = rows.flatMap(({ arm, pruned: at }) => (at ? [{ arm, at }] : []));
  if (pruned.length === 0) return [];
  const arms = pruned.slice(0, NAMED).map(({ arm, at }) => `${arm} (${placeWords(at)})`);
  const more = pruned.length > NAMED ? [`${pruned.length - NAMED} more`] : [];
  return [
    `Pruned by held-out bits on the way: ${[...arms, ...more].join(', ')}.`,
    `Selection: ${SELECTIONS[pruned[0].at.rule]} It was validation, on the held-out text and by the seeds that the verdicts are ` +
      `on, that chose. Every p counts pruned arms as comparisons, too.`,
  ];
}

/** Arms that a sentence names; the table has the others. */
const NAMED = 6;

/** What is known of the arms that are left. */
const SELECTIONS: Readonly<Record<ArmPruned['rule'], string>> = {
  halving:
    'the arms that went on were the best at every rung, so their differences flatter them; new seeds show by how much.',
  paired: 'the arms that went on did not look clearly worse at any rung, so they look a little better than they are.',
};
