import { grouped, signed } from './numbers.ts';
import type { ArmPruned } from './verdict.ts';
import type { Column } from './verdict-table.ts';

/** An arm that was stopped before its end. */
export interface PrunedRow extends ArmPruned {
  readonly arm: string;
}

/** The columns of the table of arms that were stopped. */
export const prunedColumns: readonly Column<PrunedRow>[] = [
  { heading: 'arm', explanation: 'Stopped in all of its seeds at once.', isNumber: false, cell: ({ arm }) => arm },
  {
    heading: 'rung',
    explanation: 'The point at which it was stopped, of those at which arms are looked at.',
    isNumber: false,
    cell: ({ rung, rungs }) => `${rung} of ${rungs}`,
  },
  {
    heading: 'step',
    explanation: 'Of its own number of steps: that of the validation which stands for the rung.',
    isNumber: false,
    cell: ({ step, steps }) => `${grouped(step)} of ${grouped(steps)}`,
  },
  {
    heading: 'Δ bits there',
    explanation: 'Held-out bits at offset 1 minus those of the baseline at its rung, mean over the seeds.',
    isNumber: true,
    cell: ({ difference }) => signed(difference, 3),
  },
  {
    heading: 'why',
    explanation: 'What the rule of the ablation file says of it.',
    isNumber: false,
    cell: ({ reason }) => reason,
  },
];
