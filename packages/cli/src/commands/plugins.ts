import type { Command } from 'commander';
import { action } from '../process/run-action.ts';
import { command } from './command.ts';

/** Options of `foretoken plugins`. */
export interface PluginsOptions {
  readonly schema?: boolean;
}

/** `foretoken plugins`. */
export function pluginsCommand(): Command {
  return command('plugins', 'List every plugin, or print the JSON Schema of an experiment with all of them.')
    .argument('[experiment]', 'experiment file whose plugin packages to list too')
    .option('--schema', 'print the JSON Schema of an experiment, for editors')
    .action(action(() => import('../plugins/plugins.ts')));
}
