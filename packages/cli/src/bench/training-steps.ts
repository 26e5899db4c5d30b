import { setImmediate as nextTurn } from 'node:timers/promises';
import { costRatioOf } from '@foretoken/core/model';
import { backwardOf, Trainer } from '@foretoken/core/training';
import type { BenchTrainingOptions } from '../commands/bench.ts';
import type { CommandContext } from '../process/context.ts';
import { type Bench, throwIfStopped } from './open-bench.ts';
import { randomBatch } from './random-batch.ts';

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
  const training = openTraining(bench, batch);
  const progress = context.progress();
  const total = warmup + steps;
  const times: number[] = [];
  try {
    for (let step = 0; step < total; step++) {
      throwIfStopped(context);
      if (step === warmup) start?.();
      times.push(training.step());
      const note = `${Math.round(times[step])} ms`;
      progress.update({ label: 'training', done: step + 1, total, unit: 'steps', note });
      await nextTurn();
      if (step >= warmup) await afterStep?.(times[step]);
    }
  } finally {
    training.dispose();
  }
  return times.slice(warmup);
}

/** A training on random tokens, step by step. */
export interface TimedTraining {
  /** @returns milliseconds of the step alone; making the batch is not part of it */
  step(): number;
  /** Frees the optimizer's state; the model is the bench's. */
  dispose(): void;
}

/** Starts training a benchmark's model. */
export function openTraining(bench: Bench, batch: number): TimedTraining {
  const trainer = createTrainer(bench);
  return { step: () => oneStep(bench, trainer, batch), dispose: () => trainer.dispose() };
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

function oneStep({ model, random }: Bench, trainer: Trainer, B: number): number {
  const { batch, dispose } = randomBatch(model, random, B);
  const started = performance.now();
  try {
    trainer.run([batch]);
    return performance.now() - started;
  } finally {
    dispose();
  }
}
