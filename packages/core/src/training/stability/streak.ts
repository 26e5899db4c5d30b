import { ForetokenError } from '@foretoken/engine/errors';
import type { CheckpointEntry } from '../../checkpoints/checkpoint-store.ts';
import type { Experiment } from '../../config/experiment.ts';
import { type Findings, rounded } from './sound-step.ts';

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
export interface Breakdown extends Findings {
  /** The first of them. */
  readonly step: number;
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

type Rates = Pick<Experiment['training'], 'learningRate' | 'warmupSteps'>;

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
  bad(step: number, findings: () => Findings): Breakdown | undefined {
    this.#skippedSteps++;
    this.#skippedInARow++;
    if (this.#skippedInARow > 1) return undefined;
    const before = this.#lastGood;
    this.#breakdown = { step, ...findings(), ...(before && { before }) };
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
  refuseDiverged(step: number, settings: Rates, checkpoint: Pick<CheckpointEntry, 'path' | 'step'> | undefined): void {
    if (this.#skippedInARow < MAX_SKIPPED_IN_A_ROW) return;
    const began = step - this.#skippedInARow + 1;
    throw new ForetokenError(
      'TRAINING_DIVERGED',
      [
        `training: fewer than ${MAX_SKIPPED_IN_A_ROW} steps in a row may be skipped for values that are not finite, steps ${began} to ${step} were.`,
        beginning(this.#breakdown),
        lastGood(began - 1, this.#breakdown?.before),
        lastSaved(began - 1, checkpoint),
        nextStep(this.#breakdown, settings),
      ].join(' '),
    );
  }
}

function beginning(breakdown: Breakdown | undefined): string {
  if (!breakdown) return 'How it began is not in the checkpoint that the run went on from.';
  const { step, what, largestWeight } = breakdown;
  const grown = largestWeight === undefined ? '' : ` The largest weight was ${largestWeight}.`;
  return `It began at step ${step}: ${what.join('; ')}.${grown}`;
}

function lastGood(step: number, before: GoodStep | undefined): string {
  if (step < 1) return 'No step was good.';
  if (!before) return `The last good step was ${step}.`;
  const { loss, gradientNorm, learningRate } = before;
  return `The last good step was ${step}: loss ${rounded(loss)}, gradient norm ${rounded(gradientNorm)}, learning rate ${rounded(learningRate)}.`;
}

/** A skipped step may be saved: with the weights of the last good one. */
function lastSaved(good: number, checkpoint: Pick<CheckpointEntry, 'path' | 'step'> | undefined): string {
  if (!checkpoint) return 'No checkpoint was saved.';
  const weights = checkpoint.step > good && good > 0 ? ` with the weights of step ${good}` : '';
  return `The last checkpoint, step ${checkpoint.step}${weights}, is ${checkpoint.path}.`;
}

function nextStep(breakdown: Breakdown | undefined, settings: Rates): string {
  if (breakdown?.isOfBefore) {
    return (
      'No step leaves a weight or moment like that: mend the plugin that writes to it, then use --resume; if it was in the ' +
      'checkpoint already, delete that and go on from the one before it.'
    );
  }
  return (
    `Train in another folder with a lower training.learningRate (was ${settings.learningRate}) or more training.warmupSteps ` +
    `(were ${settings.warmupSteps}), or mend the plugin or the data that make such values: --resume would come to the same steps again.`
  );
}
