import { type Command, Option } from 'commander';
import { action } from '../process/run-action.ts';
import { command } from './command.ts';
import { decimalNumber, wholeNumber } from './numbers.ts';

/** Options of `foretoken ablate`. */
export interface AblateOptions {
  readonly plan?: boolean;
  readonly workers: number;
  readonly failFast?: boolean;
  readonly retries?: number;
  /** Seconds of one task. */
  readonly deadline?: number;
  /** MiB of one worker. */
  readonly memory?: number;
}

/** `foretoken ablate`. */
export function ablateCommand(): Command {
  return command('ablate', 'Train, measure and compare the arms of an ablation; finished cells are kept.')
    .argument('<ablation>', 'ablation file, YAML or JSON')
    .option('--plan', 'print arms, cells, shared trainings, FLOPs, time and disk, and stop')
    .option('--workers <count>', 'processes that work at the same time', wholeNumber({ minimum: 1 }), 1)
    .option('--keep-going', 'go on with the other cells when one fails (default)')
    .addOption(new Option('--fail-fast', 'stop when a cell fails').conflicts('keepGoing'))
    .option('--retries <count>', 'further attempts at a task whose process crashed', wholeNumber({ minimum: 0 }))
    .option('--deadline <seconds>', 'time that one training or measurement may take', decimalNumber({ above: 0 }))
    .option('--memory <MiB>', 'resident memory that one worker may use', wholeNumber({ minimum: 1 }))
    .action(action(() => import('../ablate/finished-first.ts')));
}
