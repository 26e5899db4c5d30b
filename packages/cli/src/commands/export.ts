import { type Command, Option } from 'commander';
import { action } from '../process/run-action.ts';
import { command } from './command.ts';
import { type SelectionOptions, withSelection } from './runs.ts';

/** Options of `foretoken export`. */
export interface ExportOptions extends SelectionOptions {
  readonly format: 'csv' | 'parquet' | 'jsonl';
  readonly out?: string;
}

/** `foretoken export`. */
export function exportCommand(): Command {
  return withSelection(command('export', 'Write runs as a table: one row each, a column per value.'))
    .addOption(new Option('--format <format>', 'form of the table').choices(['csv', 'parquet', 'jsonl']).default('csv'))
    .option('--out <file>', 'file to write (default: stdout, but not for parquet)')
    .action(action(() => import('../runs/export.ts')));
}
