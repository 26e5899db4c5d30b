import type { Command } from 'commander';
import { action } from '../process/run-action.ts';
import { command } from './command.ts';

/** `foretoken eval`. */
export function evalCommand(): Command {
  return command('eval', 'Run the evals of a trained run.')
    .argument('<run>', 'folder of a run')
    .option(
      '--evals <names...>',
      'evals to run with their default options, instead of those the run was configured with',
    )
    .action(action(() => import('../eval/eval.ts')));
}
