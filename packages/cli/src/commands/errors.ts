import type { Command } from 'commander';
import { action } from '../process/run-action.ts';
import { command } from './command.ts';

/** `foretoken errors`. */
export function errorsCommand(): Command {
  return command('errors', 'Say what an error code means and what to do next, or list all codes.')
    .argument('[code]', 'code that a message begins with, such as DISK_FULL')
    .action(action(() => import('../errors/errors.ts')));
}
