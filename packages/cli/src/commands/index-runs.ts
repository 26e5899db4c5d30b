import type { Command } from 'commander';
import { action } from '../process/run-action.ts';
import { command } from './command.ts';

/** Where the index is that `foretoken runs`, `compare` and `export` read. */
export interface IndexFileOptions {
  readonly index?: string;
}

/** The option of every command that uses an index of runs. */
export const INDEX_OPTION = ['--index <file>', 'file of the index (default: runs/index.sqlite)'] as const;

/** `foretoken index`. */
export function indexCommand(): Command {
  return command('index', 'Read folders of runs and ablations anew into the index that runs, compare and export use.')
    .argument('[folders...]', 'folders that hold runs and ablations, at any depth (default: runs)')
    .option('--index <file>', 'file of the index (default: index.sqlite in the first folder)')
    .action(action(() => import('../runs/index-runs.ts')));
}
