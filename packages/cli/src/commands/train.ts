import type { Command } from 'commander';
import { action } from '../process/run-action.ts';
import { collect, command } from './command.ts';

/** Options of `foretoken train`. */
export interface TrainOptions {
  readonly run?: string;
  readonly base?: string;
  readonly resume?: boolean;
  readonly set?: readonly string[];
}

/** `foretoken train`. */
export function trainCommand(): Command {
  return command('train', 'Train one model.')
    .argument('<experiment>', 'experiment file, YAML or JSON')
    .option('--run <folder>', 'folder of the run (default: runs/ and the name of the experiment)')
    .option('--base <run>', 'attach the head to a finished run: its trunk and its offset 1 become the trunk')
    .option('--resume', 'go on from the last checkpoint')
    .option('--set <path=value>', 'set one value of the experiment, as in training.steps=200; repeatable', collect)
    .action(action(() => import('../train/train.ts')));
}
