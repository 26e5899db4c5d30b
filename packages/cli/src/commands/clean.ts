import type { Command } from 'commander';
import { action } from '../process/run-action.ts';
import { command } from './command.ts';
import { wholeNumber } from './numbers.ts';

/** Options of `foretoken clean`. */
export interface CleanCommandOptions {
  readonly keepLast: number;
  readonly keepEvery?: number;
  readonly apply?: boolean;
}

/** `foretoken clean`. */
export function cleanCommand(): Command {
  return command(
    'clean',
    'Say what a run or an ablation can do without: older checkpoints, and what crashes left; --apply removes it.',
  )
    .argument('<folder>', 'folder of a run or an ablation')
    .option('--keep-last <count>', 'keep the last so many checkpoints of each run', wholeNumber({ minimum: 1 }), 1)
    .option('--keep-every <steps>', 'keep those whose step is a multiple of it', wholeNumber({ minimum: 1 }))
    .option('--apply', 'remove it (default: only say what would be removed)')
    .action(action(() => import('../clean/clean.ts')));
}
