import { bytes, grouped, operations, seconds } from './numbers.ts';
import type { VerdictRow } from './verdict.ts';
import type { VerdictColumn } from './verdict-table.ts';

/** What a reader of the numbers would take them wrongly without. */
export const COST_NOTE =
  'Every training step counts at its own horizon. Under a horizon schedule that learns (plateau, acceptance) it counts at ' +
  'the full one: these training FLOPs, marked ≤, are an upper bound.';

/** The columns of the table of what each arm cost. */
export const costColumns: readonly VerdictColumn[] = [
  { heading: 'arm', explanation: 'The first is the baseline.', isNumber: false, cell: ({ arm }) => arm },
  {
    heading: 'matched',
    explanation: 'What the arm was made equal in: parameters by blocks and widths, FLOPs and tokens by steps.',
    isNumber: false,
    cell: ({ match }) => match ?? grouped(undefined),
  },
  number('parameters', 'Weights of the model: trunk, readouts and heads, frozen ones included.', ({ parameters }) =>
    grouped(parameters),
  ),
  number(
    'FLOPs/token forward',
    'Counted operations of trunk, every offset and its readout: products of matrices and attention, 2 per ' +
      'multiply-add. What a plugin does with tfjs directly is not seen: such an arm is undercounted.',
    ({ forwardFlops }) => operations(forwardFlops),
  ),
  number(
    'FLOPs/token training',
    'The same of a training step, on average over the steps: three times the forward pass for what trains.',
    (row) => bounded(row, row.trainingFlopsPerToken),
  ),
  number('steps', 'Optimizer steps; of a pruned arm, those to the rung that stopped it.', ({ steps, pruned }) =>
    grouped(steps ?? pruned?.step),
  ),
  number('tokens', 'Tokens trained on.', ({ tokens }) => grouped(tokens)),
  number('training FLOPs', `FLOPs per token of training, times the tokens. ${COST_NOTE}`, (row) =>
    bounded(row, row.trainingFlops),
  ),
  number(
    'training time',
    'Time that its training steps took, mean over the seeds; work beside them, other workers’ included, makes it longer.',
    ({ trainingSeconds }) => seconds(trainingSeconds),
  ),
  number(
    'peak',
    'Largest number of tensor bytes alive at once while training, mean over the seeds.',
    ({ peakBytes }) => (peakBytes === undefined ? grouped(undefined) : bytes(peakBytes)),
  ),
];

function bounded({ isTrainingFlopsUpperBound }: VerdictRow, value: number | undefined): string {
  return `${isTrainingFlopsUpperBound && value !== undefined ? '≤ ' : ''}${operations(value)}`;
}

function number(heading: string, explanation: string, cell: (row: VerdictRow) => string): VerdictColumn {
  return { heading, explanation, isNumber: true, cell };
}

/** Whether anything is known to fill the table with. */
export const hasCost = (rows: readonly VerdictRow[]): boolean =>
  rows.some(({ trainingFlops }) => trainingFlops !== undefined);
