import { setImmediate as nextTurn } from 'node:timers/promises';
import { createRandom, type Windows } from '@foretoken/core';
import { joint, makeBatch, type StepBatch, Trainer } from '@foretoken/core/training';
import { createNodes } from '@foretoken/engine';
import type { BenchTrainingOptions } from '../commands/bench.ts';
import { formatBytes, formatDuration, formatRate } from '../output/quantities.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { median } from './median.ts';
import { type Bench, randomTokens, throwIfStopped, withBench } from './open-bench.ts';

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
  /** Largest resident memory of the whole process. */
  readonly residentBytes: number;
  /** Median over the measured steps. */
  readonly stepMs: number;
}

/** Measures training steps on random tokens. */
export async function run(
  context: CommandContext,
  _: readonly string[],
  options: BenchTrainingOptions,
): Promise<number> {
  const { batch, context: tokens, steps, warmup } = options;
  const shape = { context: tokens, batch, steps: steps + warmup, decoders: [] };
  const speed = await withBench(options, shape, (bench) => measure(context, bench, options));
  if (context.isJson) context.printJson(speed);
  else context.print(lineOf(speed));
  return EXIT.done;
}

async function measure(context: CommandContext, bench: Bench, options: BenchTrainingOptions): Promise<TrainingSpeed> {
  const { engine, model } = bench;
  const stepMs = median(await timeSteps(context, bench, options));
  const tokensPerSecond = (options.batch * options.context * 1_000) / stepMs;
  return {
    engine: engine.name,
    threads: engine.threads,
    parameters: model.numParameters,
    tokensPerSecond,
    gflops: (6 * model.numParameters * tokensPerSecond) / 1e9,
    peakBytes: engine.memory().peakBytes,
    residentBytes: process.resourceUsage().maxRSS * 1024,
    stepMs,
  };
}

/** Milliseconds of every measured step; the memory peak is counted from the first of them. */
async function timeSteps(
  context: CommandContext,
  bench: Bench,
  { batch, steps, warmup }: BenchTrainingOptions,
): Promise<number[]> {
  const trainer = createTrainer(bench);
  const progress = context.progress();
  const total = warmup + steps;
  const times: number[] = [];
  try {
    for (let step = 0; step < total; step++) {
      throwIfStopped(context);
      if (step === warmup) bench.engine.resetPeak();
      times.push(oneStep(bench, trainer, batch));
      const note = `${Math.round(times[step])} ms`;
      progress.update({ label: 'training', done: step + 1, total, unit: 'steps', note });
      await nextTurn();
    }
  } finally {
    trainer.dispose();
  }
  return times.slice(warmup);
}

function createTrainer({ host, experiment, engine, model }: Bench): Trainer {
  const { weighting, horizonSchedule } = experiment.training;
  const { horizon } = experiment.model.head;
  const registry = host.plugins.builtIns;
  return new Trainer({
    engine,
    model,
    settings: experiment.training,
    weighting: registry.get('weighting', weighting.name).create({ horizon }, {}),
    horizonSchedule: registry.get('horizon-schedule', horizonSchedule.name).create({ horizon }, {}),
    backward: joint,
    terms: model.offsets.map((offset) => `offset-${offset}`),
  });
}

/** @returns milliseconds of the step alone; making the batch is not part of it */
function oneStep({ model, random, experiment }: Bench, trainer: Trainer, B: number): number {
  const { vocabulary, context, maxOffset } = model.dims;
  const windows: Windows = {
    count: B,
    read: () => ({
      tokens: randomTokens(random, context + maxOffset, vocabulary),
      document: new Int32Array(context + maxOffset),
    }),
  };
  const indices = Array.from({ length: B }, (_, i) => i);
  const tokens = makeBatch(windows, indices, model.dims);
  const at = createNodes(tokens);
  const batch: StepBatch = {
    input: { tokens, at, random: createRandom(experiment.seed, `step/${trainer.step}`) },
    targets: { target: tokens.target, validTargets: () => B * context },
  };
  const started = performance.now();
  try {
    trainer.run([batch]);
    return performance.now() - started;
  } finally {
    at.dispose();
  }
}

function lineOf({
  engine,
  threads,
  parameters,
  tokensPerSecond,
  gflops,
  peakBytes,
  residentBytes,
  stepMs,
}: TrainingSpeed) {
  return [
    `${engine}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ${parameters.toLocaleString('en-US')} parameters:`,
    `${formatRate(tokensPerSecond)} tokens/s, ${gflops.toFixed(1)} GFLOP/s, ${formatDuration(stepMs / 1_000)} a step,`,
    `peak ${formatBytes(peakBytes)} of tensors, ${formatBytes(residentBytes)} resident`,
  ].join(' ');
}
