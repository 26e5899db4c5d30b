import { ForetokenError } from '@foretoken/engine/errors';
import type { CheckpointEntry } from '../../checkpoints/checkpoint-store.ts';
import type { Experiment } from '../../config/experiment.ts';

/** Non-finite steps in a row after which a run stops. */
export const MAX_SKIPPED_IN_A_ROW = 10;

/** What is told of a good step when those after it are not. */
export interface GoodStep {
  readonly step: number;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
}

/** How the steps in a row that were not finite began. */
export interface Breakdown {
  /** The first of them. */
  readonly step: number;
  /** What was not finite in it, in the order in which it came about. */
  readonly findings: readonly string[];
  /** The step before it; absent where it was in another process, and for the first step of a run. */
  readonly before?: GoodStep;
}

/** What of the streak is in a checkpoint. */
export interface StreakState {
  readonly skippedSteps: number;
  readonly skippedInARow: number;
  /** Absent while all is well, and from checkpoints of a version that kept none. */
  readonly breakdown?: Breakdown;
}

/** Counts the steps that were not finite, and knows how those in a row began. */
export class Streak {
  #skippedSteps = 0;
  #skippedInARow = 0;
  #breakdown?: Breakdown;
  #lastGood?: GoodStep;

  /** Skipped since the run began. */
  get skippedSteps(): number {
    return this.#skippedSteps;
  }

  /** Counts a good step. */
  good(step: GoodStep): void {
    this.#skippedInARow = 0;
    this.#breakdown = undefined;
    this.#lastGood = step;
  }

  /**
   * Counts a skipped step.
   * @param findings - what was not finite; asked in the first one of a row
   * @returns how the row began, in its first step
   */
  bad(step: number, findings: () => readonly string[]): Breakdown | undefined {
    this.#skippedSteps++;
    this.#skippedInARow++;
    if (this.#skippedInARow > 1) return undefined;
    const before = this.#lastGood;
    this.#breakdown = { step, findings: findings(), ...(before && { before }) };
    return this.#breakdown;
  }

  /** JSON for a checkpoint. */
  state(): StreakState {
    const breakdown = this.#breakdown;
    return {
      skippedSteps: this.#skippedSteps,
      skippedInARow: this.#skippedInARow,
      ...(breakdown && { breakdown }),
    };
  }

  /** Goes back to a checkpoint. */
  restore({ skippedSteps, skippedInARow, breakdown }: StreakState): void {
    this.#skippedSteps = skippedSteps;
    this.#skippedInARow = skippedInARow;
    this.#breakdown = breakdown;
    this.#lastGood = undefined;
  }

  /**
   * Stops a run that no longer learns.
   * @param step - steps finished
   * @param checkpoint - the last one saved
   * @throws TRAINING_DIVERGED after {@link MAX_SKIPPED_IN_A_ROW} skipped steps in a row, with how it began and what to do
   */
  refuseDiverged(
    step: number,
    settings: Pick<Experiment['training'], 'learningRate' | 'warmupSteps'>,
    checkpoint: Pick<CheckpointEntry, 'path' | 'step'> | undefined,
  ): void {
    if (this.#skippedInARow < MAX_SKIPPED_IN_A_ROW) return;
    const began = step - this.#skippedInARow + 1;
    const saved = checkpoint
      ? `the last checkpoint is ${checkpoint.path} (step ${checkpoint.step})`
      : 'no checkpoint was saved';
    throw new ForetokenError(
      'TRAINING_DIVERGED',
      [
        `training: fewer than ${MAX_SKIPPED_IN_A_ROW} steps in a row may be skipped for values that are not finite, steps ${began} to ${step} were.`,
        tellOf(this.#breakdown),
        lastGood(began, this.#breakdown?.before),
        `Weights, moments and plugin state are as they were then; ${saved}.`,
        `Train in another folder with a lower training.learningRate (was ${settings.learningRate}) or more training.warmupSteps ` +
          `(were ${settings.warmupSteps}), or mend the plugin or the data that make such values: --resume would come to the same steps again.`,
      ].join(' '),
    );
  }
}

function tellOf(breakdown: Breakdown | undefined): string {
  if (!breakdown) return 'How it began is not in the checkpoint that the run went on from.';
  return `It began at step ${breakdown.step}: ${breakdown.findings.join('; ')}.`;
}

function lastGood(began: number, before: GoodStep | undefined): string {
  if (began <= 1) return 'No step was good.';
  if (!before) return `The last good step was ${began - 1}.`;
  const { loss, gradientNorm, learningRate } = before;
  return `The last good step was ${before.step}: loss ${rounded(loss)}, gradient norm ${rounded(gradientNorm)}, learning rate ${rounded(learningRate)}.`;
}

const rounded = (value: number): string => String(Number(value.toPrecision(4)));
