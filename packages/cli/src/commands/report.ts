import type { Command } from 'commander';
import { action } from '../process/run-action.ts';
import { command } from './command.ts';

/** `foretoken report`. */
export function reportCommand(): Command {
  return command('report', 'Write the report of an ablation anew from its results.')
    .argument('<folder>', 'folder of an ablation')
    .action(action(() => import('../report/report.ts')));
}
