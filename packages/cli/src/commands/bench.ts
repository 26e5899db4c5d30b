import type { EngineName, EngineOptions } from '@foretoken/engine';
import { Command, InvalidArgumentError, Option } from 'commander';
import { action } from '../process/run-action.ts';
import { command } from './command.ts';
import { names, wholeNumber, wholeNumbers } from './numbers.ts';

type Precision = NonNullable<EngineOptions['precision']>;

/** Where a benchmark runs. */
export interface BenchEngineOptions {
  readonly threads?: number;
  readonly engine: EngineName | 'auto';
  readonly precision: Precision;
}

/** The model of a benchmark, and where it runs. */
export interface BenchModelOptions extends BenchEngineOptions {
  readonly width: number;
  readonly layers: number;
  readonly attentionHeads: number;
  /** Plugin name of the head, with its default options; absent: the paper's. */
  readonly head?: string;
  readonly horizon: number;
  readonly vocab: number;
  readonly match: 'parameters' | 'none';
}

/** Options of `foretoken bench training`. */
export interface BenchTrainingOptions extends BenchModelOptions {
  readonly batch: number;
  readonly context: number;
  readonly steps: number;
  readonly warmup: number;
  readonly backward: 'sequential' | 'joint';
}

/** Options of `foretoken bench decoding`. */
export interface BenchDecodingOptions extends BenchModelOptions {
  readonly decoder: readonly string[];
  readonly prompt: number;
  readonly tokens: number;
  readonly batch: readonly number[];
  /** Folder of a run: its model and held-out texts take the place of random ones. */
  readonly run?: string;
  /** Held-out prompts of the run. */
  readonly prompts?: number;
  readonly rule?: string;
  readonly policy?: string;
  readonly levels?: number;
  readonly sampled?: boolean;
  readonly split?: boolean;
  readonly curve?: boolean;
  readonly bestK?: boolean;
  /** File for the drawing of a curve. */
  readonly svg?: string;
}

/** What the GEMM peak is taken from. */
export interface PeakOptions {
  /** A Python that has PyTorch: its products count as well. */
  readonly torch?: string;
}

/** Options of `foretoken bench share`. */
export interface BenchShareOptions extends BenchTrainingOptions, PeakOptions {}

/** Options of `foretoken bench memory`. */
export interface BenchMemoryOptions extends BenchEngineOptions {
  readonly width: number;
  readonly layers: number;
  readonly attentionHeads: number;
  readonly batch: number;
  readonly context: number;
  readonly vocab: readonly number[];
  readonly horizon: readonly number[];
}

/** Options of `foretoken bench horizon`. */
export interface BenchHorizonOptions extends Omit<BenchTrainingOptions, 'head' | 'horizon' | 'match'> {
  readonly horizon: readonly number[];
}

/** Options of `foretoken bench peak`. */
export interface BenchPeakOptions extends BenchEngineOptions, PeakOptions {
  readonly rounds: number;
}

/** Options of `foretoken bench ops`. */
export interface BenchOpsOptions extends BenchPeakOptions {
  readonly only?: readonly string[];
}

const positive = wholeNumber({ minimum: 1 });

/** `foretoken bench`. */
export function benchCommand(): Command {
  const training = withSteps(command('training', 'Measure training steps on random tokens.')).action(
    action(() => import('../bench/training.ts')),
  );
  const share = withTorch(withSteps(command('share', 'Measure training as a share of the GEMM peak.'))).action(
    action(() => import('../bench/share.ts')),
  );
  const bench = new Command('bench').description('Measure speed and memory.');
  for (const each of [
    training,
    decodingCommand(),
    opsCommand(),
    peakCommand(),
    share,
    memoryCommand(),
    horizonCommand(),
  ])
    bench.addCommand(each);
  return bench;
}

function decodingCommand(): Command {
  const what = 'Measure decoding, prefill included: random weights and tokens, or a run with its held-out texts.';
  return withModel(command('decoding', what))
    .option('--decoder <names>', 'decoders, with commas between; tree:16 has 16 nodes', names, ['speculative'])
    .option('--prompt <tokens>', 'tokens of each prompt', positive, 64)
    .option('--tokens <count>', 'tokens to generate', positive, 128)
    .option('--batch <counts>', 'prompts at once, with commas between', wholeNumbers({ minimum: 1 }), [1])
    .option('--run <folder>', 'decode held-out texts of this run; options of the model do not count then')
    .option('--prompts <count>', 'held-out prompts of the run', positive, 64)
    .option('--rule <name>', 'acceptance rule of the decoders that draft')
    .option('--policy <name>', 'draft policy of the decoders that draft')
    .option('--levels <count>', 'levels that the policy drafts at most', wholeNumber({ minimum: 0 }))
    .option('--sampled', 'let the policy draw its drafts')
    .option('--split', 'time prefill and decoding apart, add shares of the bound and of JavaScript')
    .addOption(new Option('--curve', 'measure t(k), the time of a step by nodes verified').conflicts('bestK'))
    .option('--svg <file>', 'with --curve: draw it into this file')
    .option('--best-k', 'measure every fixed number of levels against the cost model, batch by batch')
    .action(action(() => import('../bench/decoding/decoding.ts')));
}

function opsCommand(): Command {
  return withRounds(
    command('ops', 'Measure single operations, forward and backward, at the sizes of the default model.'),
  )
    .option('--only <names>', 'operations, with commas between (default: all)', names)
    .action(action(() => import('../bench/ops/ops.ts')));
}

function peakCommand(): Command {
  return withRounds(command('peak', 'Measure the GEMM peak: the product of two 1024x1024 matrices.')).action(
    action(() => import('../bench/peak/peak.ts')),
  );
}

function memoryCommand(): Command {
  const what = 'Measure tensor bytes of a backward pass against horizon and vocabulary: sequential, joint, unfused.';
  const sized = command('memory', what)
    .option('--width <size>', 'width of the hidden states', positive, 64)
    .option('--layers <count>', 'blocks of the one-token model', positive, 2)
    .option('--attention-heads <count>', 'attention heads of a block', positive, 2)
    .option('--batch <count>', 'windows of the pass', positive, 4)
    .option('--context <tokens>', 'positions of a window', positive, 64)
    .option('--vocab <sizes>', 'vocabularies, with commas between', wholeNumbers({ minimum: 1 }), [256, 4096, 32_000])
    .option(
      '--horizon <counts>',
      'offsets to predict, with commas between',
      wholeNumbers({ minimum: 1 }),
      [1, 2, 4, 8],
    );
  return withEngine(sized).action(action(() => import('../bench/memory/memory.ts')));
}

function horizonCommand(): Command {
  const what = 'Measure training steps of several horizons with equal parameters, in turns, beside their FLOPs.';
  const sized = command('horizon', what)
    .option('--width <size>', 'width of the hidden states', positive, 256)
    .option('--layers <count>', 'blocks of the one-token model', positive, 12)
    .option('--attention-heads <count>', 'attention heads of a block', positive, 4)
    .option('--vocab <size>', 'vocabulary', positive, 256)
    .option(
      '--horizon <counts>',
      'offsets to predict, with commas between',
      wholeNumbers({ minimum: 1 }),
      [1, 2, 4, 8],
    );
  return withTraining(withEngine(sized)).action(action(() => import('../bench/horizon/horizon.ts')));
}

const withRounds = (command: Command): Command =>
  withTorch(withEngine(command.option('--rounds <count>', 'measurements of each; the median counts', positive, 9)));

const withTorch = (command: Command): Command =>
  command.option('--torch <python>', 'a Python that has PyTorch: its GEMM is measured too, in turns with ours');

const withSteps = (command: Command): Command => withTraining(withModel(command));

const withTraining = (command: Command): Command =>
  command
    .option('--batch <count>', 'windows of one step', positive, 8)
    .option('--context <tokens>', 'positions of a window', positive, 256)
    .option('--steps <count>', 'steps to measure; the median counts', positive, 9)
    .option('--warmup <count>', 'steps before them', wholeNumber({ minimum: 0 }), 2)
    .addOption(
      new Option('--backward <order>', 'sequential: forward and backward head by head; joint: all heads, then one pass')
        .choices(['sequential', 'joint'])
        .default('sequential'),
    );

/** The yardstick's model by default: 7,361,280 parameters. */
function withModel(command: Command): Command {
  const options = command
    .option('--width <size>', 'width of the hidden states', positive, 256)
    .option('--layers <count>', 'blocks of the one-token model', positive, 6)
    .option('--attention-heads <count>', 'attention heads of a block', positive, 4)
    .option('--head <name>', 'head, with its default options (default: "parallel")')
    .option('--horizon <count>', 'offsets to predict', positive, 4)
    .option('--vocab <size>', 'vocabulary', positive, 256)
    .addOption(
      new Option('--match <how>', 'parameters: the heads take their blocks from the trunk')
        .choices(['parameters', 'none'])
        .default('none'),
    );
  return withEngine(options);
}

const withEngine = (command: Command): Command =>
  command
    .option('--threads <count>', 'threads of the engine (default: what the engine chooses)', positive)
    .option('--engine <name>', 'engine; `foretoken doctor` lists them', 'auto')
    .option('--precision <type>', 'inputs of matrix products: float32 or bfloat16', precision, 'float32');

const precisions: ReadonlyMap<string, Precision> = new Map([
  ['fp32', 'float32'],
  ['float32', 'float32'],
  ['bf16', 'bfloat16'],
  ['bfloat16', 'bfloat16'],
]);

/** A precision by its name or its short name. */
function precision(text: string): Precision {
  const found = precisions.get(text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError('Allowed choices are fp32 or float32, bf16 or bfloat16.');
}
