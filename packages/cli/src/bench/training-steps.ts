import { setImmediate as nextTurn } from 'node:timers/promises';
import { createRandom, type Windows } from '@foretoken/core';
import { costRatioOf } from '@foretoken/core/model';
import { backwardOf, makeBatch, type StepBatch, Trainer } from '@foretoken/core/training';
import { createNodes } from '@foretoken/engine';
import type { BenchTrainingOptions } from '../commands/bench.ts';
import type { CommandContext } from '../process/context.ts';
import { type Bench, randomTokens, throwIfStopped } from './open-bench.ts';

/** What else is done while steps are timed. */
export interface BesideSteps {
  /** Before the first step that counts. */
  readonly start?: () => void;
  /** After each step that counts. */
  readonly afterStep?: (stepMs: number) => Promise<void>;
}

/**
 * Takes training steps on random tokens, first those that warm up.
 *
 * @returns milliseconds of every measured step
 * @throws INTERRUPTED after Ctrl-C
 */
export async function timeSteps(
  context: CommandContext,
  bench: Bench,
  { batch, steps, warmup }: BenchTrainingOptions,
  { start, afterStep }: BesideSteps = {},
): Promise<number[]> {
  const trainer = createTrainer(bench);
  const progress = context.progress();
  const total = warmup + steps;
  const times: number[] = [];
  try {
    for (let step = 0; step < total; step++) {
      throwIfStopped(context);
      if (step === warmup) start?.();
      times.push(oneStep(bench, trainer, batch));
      const note = `${Math.round(times[step])} ms`;
      progress.update({ label: 'training', done: step + 1, total, unit: 'steps', note });
      await nextTurn();
      if (step >= warmup) await afterStep?.(times[step]);
    }
  } finally {
    trainer.dispose();
  }
  return times.slice(warmup);
}

function createTrainer({ host, experiment, engine, model }: Bench): Trainer {
  const { weighting, horizonSchedule } = experiment.training;
  const { horizon } = experiment.model.head;
  const costRatio = costRatioOf(model);
  const registry = host.plugins.builtIns;
  return new Trainer({
    engine,
    model,
    settings: experiment.training,
    weighting: registry.get('weighting', weighting.name).create({ horizon }, {}),
    horizonSchedule: registry.get('horizon-schedule', horizonSchedule.name).create({ horizon, costRatio }, {}),
    backward: backwardOf(experiment.training.backward),
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
