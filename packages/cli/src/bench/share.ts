import { flopsPerToken } from '@foretoken/core/training';
import type { BenchShareOptions } from '../commands/bench.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { trainingShape } from './experiment.ts';
import { median } from './median.ts';
import { type Bench, withBench } from './open-bench.ts';
import { bestOf, type GemmPeak, medianPeak, openPeakMeter } from './peak/peak-meter.ts';
import { timeSteps } from './training-steps.ts';

/** `foretoken bench share --json`. */
export interface TrainingShare {
  readonly engine: string;
  readonly threads: number;
  readonly parameters: number;
  readonly tokensPerSecond: number;
  /** Counted: matrix products and causal attention, forward and backward. */
  readonly flopsPerToken: number;
  /** Those FLOPs per second, in 10^9. */
  readonly gflops: number;
  /** Of the engine's own products. */
  readonly peakGflops: number;
  /** Of PyTorch's, where asked for. */
  readonly torchGflops?: number;
  /** Median over the steps of `gflops` over the faster of the two peaks, measured right after the step. */
  readonly share: number;
}

/** Measures training steps and the GEMM peak in turns. */
export async function run(context: CommandContext, _: readonly string[], options: BenchShareOptions): Promise<number> {
  const report = await withBench(options, trainingShape(options), (bench) => measure(context, bench, options));
  if (context.isJson) context.printJson(report);
  else context.print(lineOf(report));
  return EXIT.done;
}

async function measure(context: CommandContext, bench: Bench, options: BenchShareOptions): Promise<TrainingShare> {
  const { engine, model, experiment } = bench;
  const meter = await openPeakMeter(engine, options);
  const peaks: GemmPeak[] = [];
  try {
    const afterStep = async () => {
      peaks.push(await meter.measure());
    };
    const stepsMs = await timeSteps(context, bench, options, { afterStep });
    const { training: perToken } = flopsPerToken(model, experiment.training);
    const tokensPerStep = options.batch * options.context;
    const gflopsOf = (stepMs: number) => (perToken * tokensPerStep) / stepMs / 1e6;
    const { gflops: peakGflops, torchGflops } = medianPeak(peaks);
    return {
      engine: engine.name,
      threads: engine.threads,
      parameters: model.numParameters,
      tokensPerSecond: (tokensPerStep * 1_000) / median(stepsMs),
      flopsPerToken: perToken,
      gflops: gflopsOf(median(stepsMs)),
      peakGflops,
      ...(torchGflops === undefined ? {} : { torchGflops }),
      share: median(stepsMs.map((stepMs, i) => gflopsOf(stepMs) / bestOf(peaks[i]))),
    };
  } finally {
    meter.dispose();
  }
}

function lineOf({ engine, threads, gflops, peakGflops, torchGflops, share }: TrainingShare): string {
  const theirs = torchGflops === undefined ? [] : [`${torchGflops.toFixed(1)} GFLOP/s in PyTorch`];
  return [
    `${engine}, ${threads} ${threads === 1 ? 'thread' : 'threads'}: training at ${gflops.toFixed(1)} GFLOP/s,`,
    `${Math.round(100 * share)}% of the GEMM peak (${[`${peakGflops.toFixed(1)} GFLOP/s here`, ...theirs].join(', ')})`,
  ].join(' ');
}
