import type { Command } from 'commander';
import { action } from '../process/run-action.ts';
import { collect, command } from './command.ts';
import { INDEX_OPTION, type IndexFileOptions } from './index-runs.ts';

/** Options of `foretoken compare`. */
export interface CompareOptions extends IndexFileOptions {
  readonly ablation?: string;
  readonly metric?: readonly string[];
}

/** `foretoken compare`. */
export function compareCommand(): Command {
  return command('compare', 'Show what differs in the configuration and results of two runs, or of two arms.')
    .argument('<a>', 'folder of a run, arm of an ablation, start of the id of a cell, or name of a run')
    .argument('<b>', 'the same')
    .option(...INDEX_OPTION)
    .option('--ablation <folder>', 'folder of the ablation that both are arms or cells of')
    .option('--metric <path>', 'judge arms by this value instead of bits per byte; repeatable', collect)
    .action(action(() => import('../runs/compare.ts')));
}
