import type { EvalOutcome, Experiment, Host } from '@foretoken/core';
import type { TrainingSummary } from '@foretoken/core/training';
import { type CodeChecker, createCodeChecker } from '../identity/check-code.ts';
import type { RungLoss } from '../pruning/decisions.ts';

/** What a training says of itself, as far as an ablation records it. */
export type TrainingFacts = Omit<TrainingSummary, 'checkpoint' | 'metricsHash'>;

/** Outcomes by the name of the eval. */
export type Outcomes = { readonly [evalName: string]: EvalOutcome };

/** Where a run is, and how it is stopped. */
export interface RunOptions {
  readonly directory: string;
  /** Folder that the experiment's relative paths start from. */
  readonly baseDirectory: string;
  readonly signal?: AbortSignal;
}

/** How a training is done and watched. */
export interface TrainingOptions extends RunOptions {
  onProgress(progress: { step: number; steps: number; loss: number; tokensPerSecond: number }): void;
}

/** Does the work of a cell. The runner knows nothing else of models, so tests and other workers put another in its place. */
export interface Laboratory {
  /**
   * Makes sure that the work would be done with the code that a cell was planned with. Absent: it knows of no code.
   * @throws PLAN_STALE naming the packages that were edited since
   */
  readonly checkCode?: CodeChecker;
  /**
   * Trains in a folder, goes on with a training that was stopped there, or returns the facts of one that is finished.
   * @throws INTERRUPTED once the signal aborts, with everything saved
   */
  train(experiment: Experiment, options: TrainingOptions): Promise<TrainingFacts>;
  /**
   * Trains as far as the first validation at or after a share of the steps, and says what that gave; of a training that is
   * past it, what it gave then. {@link train} goes on from there, to the bits of a training that was not stopped.
   * @throws INTERRUPTED once the signal aborts, with everything saved
   */
  trainUntil(experiment: Experiment, options: TrainingOptions & { readonly share: number }): Promise<RungLoss>;
  /**
   * Runs an experiment's evals on what the folder holds.
   * @param options.trainedAs - the experiment that was trained there: another one, where cells share a training
   */
  evaluate(
    experiment: Experiment,
    options: RunOptions & {
      readonly trainedAs: Experiment;
      onProgress(done: number, total: number, what?: string): void;
    },
  ): Promise<Outcomes>;
}

/** The laboratory of this process: core's own training and evaluation, loaded with the first piece of work. */
export function createLaboratory(host: Host): Laboratory {
  return {
    checkCode: createCodeChecker(host.plugins),
    async train(experiment, options) {
      const { trainRun } = await import('@foretoken/core/training');
      return trainRun(host, experiment, { ...options, resume: 'auto' });
    },
    async trainUntil(experiment, options) {
      const { trainUntil } = await import('@foretoken/core/training');
      const { nats, ...at } = await trainUntil(host, experiment, { ...options, resume: 'auto' });
      return { ...at, bits: nats === null ? null : nats / Math.LN2 };
    },
    async evaluate(experiment, options) {
      const { evaluateRun } = await import('@foretoken/core/training');
      return evaluateRun(host, experiment, options);
    },
  };
}
