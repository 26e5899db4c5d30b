import type { Command } from 'commander';
import { action } from '../process/run-action.ts';
import { command } from './command.ts';

/** `foretoken eval`. */
export function evalCommand(): Command {
  return command('eval', 'Run the evals of a trained run.')
    .argument('<run>', 'folder of a run')
    .action(action(() => import('../eval/eval.ts')));
}
