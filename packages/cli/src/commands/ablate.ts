import type { Command } from 'commander';
import { action } from '../process/run-action.ts';
import { command } from './command.ts';

/** Options of `foretoken ablate`. */
export interface AblateOptions {
  readonly plan?: boolean;
}

/** `foretoken ablate`. */
export function ablateCommand(): Command {
  return command('ablate', 'Train, measure and compare the arms of an ablation; finished cells are kept.')
    .argument('<ablation>', 'ablation file, YAML or JSON')
    .option('--plan', 'print arms, cells, shared trainings, FLOPs, time and disk, and stop')
    .action(action(() => import('../ablate/finished-first.ts')));
}
