import type { Command } from 'commander';
import { action } from '../process/run-action.ts';
import { command } from './command.ts';
import { wholeNumber } from './numbers.ts';

/** Options of `foretoken generate`. */
export interface GenerateOptions {
  readonly prompt: string;
  readonly tokens: number;
  readonly decoder?: string;
}

/** `foretoken generate`. */
export function generateCommand(): Command {
  return command('generate', 'Go on with a text; tokens that were drafted and accepted are marked.')
    .argument('<run>', 'folder of a run')
    .requiredOption('--prompt <text>', 'text to go on with')
    .option('--tokens <count>', 'tokens to generate at most', wholeNumber({ minimum: 1 }), 128)
    .option('--decoder <label>', 'label of one of the experiment’s decoders (default: the first that drafts)')
    .action(action(() => import('../generate/generate.ts')));
}
