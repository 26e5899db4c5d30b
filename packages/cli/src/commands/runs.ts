import type { Command } from 'commander';
import { action } from '../process/run-action.ts';
import { collect, command } from './command.ts';
import { INDEX_OPTION, type IndexFileOptions } from './index-runs.ts';
import { names, wholeNumber } from './numbers.ts';

/** Which runs a command is about, and in which order. */
export interface SelectionOptions extends IndexFileOptions {
  readonly where?: readonly string[];
  readonly sort?: string;
  readonly limit?: number;
}

/** Options of `foretoken runs`. */
export interface RunsOptions extends SelectionOptions {
  readonly columns?: readonly string[];
}

/** A command with the options that choose runs. */
export const withSelection = (base: Command): Command =>
  base
    .option(...INDEX_OPTION)
    .option(
      '--where <condition>',
      'only runs with path=value, !=, <, <=, > or >=, as in training.steps>100; repeatable',
      collect,
    )
    .option('--sort <path>', 'sort by a value; -path for the largest first')
    .option('--limit <number>', 'at most so many', wholeNumber({ minimum: 1 }));

/** `foretoken runs`. */
export function runsCommand(): Command {
  return withSelection(command('runs', 'List runs and cells of ablations, by what they were configured with and gave.'))
    .option('--columns <paths>', 'values to show, with commas between', names)
    .action(action(() => import('../runs/runs.ts')));
}
