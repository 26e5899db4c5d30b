import { Command, Option } from 'commander';
import { action } from '../process/run-action.ts';
import { command } from './command.ts';
import { names, wholeNumber, wholeNumbers } from './numbers.ts';

/** The model of a benchmark, and where it runs. */
export interface BenchModelOptions {
  readonly width: number;
  readonly layers: number;
  readonly attentionHeads: number;
  readonly horizon: number;
  readonly vocab: number;
  readonly match: 'parameters' | 'none';
  readonly threads?: number;
  readonly engine: string;
  readonly precision: 'fp32';
}

/** Options of `foretoken bench training`. */
export interface BenchTrainingOptions extends BenchModelOptions {
  readonly batch: number;
  readonly context: number;
  readonly steps: number;
  readonly warmup: number;
}

/** Options of `foretoken bench decoding`. */
export interface BenchDecodingOptions extends BenchModelOptions {
  readonly decoder: readonly string[];
  readonly prompt: number;
  readonly tokens: number;
  readonly batch: readonly number[];
}

const positive = wholeNumber({ minimum: 1 });

/** `foretoken bench`. */
export function benchCommand(): Command {
  const training = withModel(command('training', 'Measure training steps on random tokens.'))
    .option('--batch <count>', 'windows of one step', positive, 8)
    .option('--context <tokens>', 'positions of a window', positive, 256)
    .option('--steps <count>', 'steps to measure; the median counts', positive, 9)
    .option('--warmup <count>', 'steps before them', wholeNumber({ minimum: 0 }), 2)
    .action(action(() => import('../bench/training.ts')));
  const decoding = withModel(command('decoding', 'Measure decoding with random weights, prefill included.'))
    .option('--decoder <names>', 'decoders, with commas between', names, ['speculative'])
    .option('--prompt <tokens>', 'tokens of each prompt', positive, 64)
    .option('--tokens <count>', 'tokens to generate', positive, 128)
    .option('--batch <counts>', 'prompts at once, with commas between', wholeNumbers({ minimum: 1 }), [1])
    .action(action(() => import('../bench/decoding.ts')));
  return new Command('bench').description('Measure speed and memory.').addCommand(training).addCommand(decoding);
}

/** The yardstick's model by default: 7,361,280 parameters. */
function withModel(command: Command): Command {
  return command
    .option('--width <size>', 'width of the hidden states', positive, 256)
    .option('--layers <count>', 'blocks of the one-token model', positive, 6)
    .option('--attention-heads <count>', 'attention heads of a block', positive, 4)
    .option('--horizon <count>', 'offsets to predict', positive, 4)
    .option('--vocab <size>', 'vocabulary', positive, 256)
    .addOption(
      new Option('--match <how>', 'parameters: the heads take their blocks from the trunk')
        .choices(['parameters', 'none'])
        .default('none'),
    )
    .option('--threads <count>', 'threads of the engine (default: all that it can use)', positive)
    .option('--engine <name>', 'engine; `foretoken doctor` lists them', 'wasm')
    .addOption(new Option('--precision <type>', 'type of the numbers').choices(['fp32']).default('fp32'));
}
