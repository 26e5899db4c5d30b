import { flopsPerToken } from '@foretoken/core/training';
import type { BenchTrainingOptions } from '../commands/bench.ts';
import { formatBytes, formatDuration, formatRate } from '../output/quantities.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { trainingShape } from './experiment.ts';
import { median } from './median.ts';
import { type Bench, withBench } from './open-bench.ts';
import { type GemmPeak, measurePeak } from './peak/peak-meter.ts';
import { timeSteps } from './training-steps.ts';

/** `foretoken bench training --json`; pinned. */
export interface TrainingSpeed {
  readonly engine: string;
  readonly threads: number;
  readonly parameters: number;
  readonly tokensPerSecond: number;
  /** 6 x parameters x tokens per second, in 10^9. */
  readonly gflops: number;
  /** Largest number of tensor bytes alive at once during the measured steps, weights and moments included. */
  readonly peakBytes: number;
  /**
   * Growth of the process' largest resident memory since before the model was built: weights, moments, activations, what
   * the engine sets aside and what JavaScript needs to drive it, but not Node.js and the engine's own code.
   */
  readonly residentBytes: number;
  /** Median over the measured steps. */
  readonly stepMs: number;
}

/** Rounds of the GEMM peak behind the share that people are told. */
const peakRounds = 3;

/** Measures training steps on random tokens. */
export async function run(
  context: CommandContext,
  _: readonly string[],
  options: BenchTrainingOptions,
): Promise<number> {
  await withBench(options, trainingShape(options), async (bench) => {
    const speed = await measure(context, bench, options);
    if (context.isJson) context.printJson(speed);
    else {
      const perToken = flopsPerToken(bench.model, bench.experiment.training).training;
      context.print(lineOf(speed, perToken, await measurePeak(bench.engine, { rounds: peakRounds })));
    }
  });
  return EXIT.done;
}

async function measure(context: CommandContext, bench: Bench, options: BenchTrainingOptions): Promise<TrainingSpeed> {
  const { engine, model } = bench;
  const stepMs = median(await timeSteps(context, bench, options, { start: () => engine.resetPeak() }));
  const tokensPerSecond = (options.batch * options.context * 1_000) / stepMs;
  return {
    engine: engine.name,
    threads: engine.threads,
    parameters: model.numParameters,
    tokensPerSecond,
    gflops: (6 * model.numParameters * tokensPerSecond) / 1e9,
    peakBytes: engine.memory().peakBytes,
    residentBytes: bench.residentGrowth(),
    stepMs,
  };
}

function lineOf(speed: TrainingSpeed, flopsPerToken: number, peak: GemmPeak): string {
  const { engine, threads, parameters, tokensPerSecond, peakBytes, residentBytes, stepMs } = speed;
  const gflops = (flopsPerToken * tokensPerSecond) / 1e9;
  const share = Math.round((100 * gflops) / peak.gflops);
  return [
    `${engine}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ${parameters.toLocaleString('en-US')} parameters:`,
    `${formatRate(tokensPerSecond)} tokens/s, ${formatDuration(stepMs / 1_000)} a step,`,
    `${gflops.toFixed(1)} GFLOP/s with attention, ${share}% of the GEMM peak of ${peak.gflops.toFixed(1)},`,
    `peak ${formatBytes(peakBytes)} of tensors, resident memory grew by ${formatBytes(residentBytes)}`,
  ].join(' ');
}
