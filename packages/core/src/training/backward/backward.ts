import type { Tensor } from '@foretoken/engine';
import type { DistilSettings } from '../../config/experiment.ts';
import type { LanguageModel } from '../../contracts/model.ts';
import type { ForwardInput } from '../../model/forward.ts';
import type { Targets } from '../objectives.ts';

/** One batch of a step, ready for a forward pass. */
export interface StepBatch {
  readonly input: ForwardInput;
  readonly targets: Targets;
}

export interface BackwardRequest {
  readonly batch: StepBatch;
  /** Offsets that train in this step, ascending. */
  readonly offsets: readonly number[];
  /** Weight of a loss term by name; a term of weight 0 sits out, as an offset that is not among `offsets` does. */
  weight(term: string): number;
  /** Batches in this step: terms that are not averaged over rows are averaged over batches. */
  readonly batches: number;
  /** Whether a parameter trains in this step; no work goes into the gradient of one that does not. Default: all do. */
  trains?(parameter: string): boolean;
  /** What the further offsets learn from offset 1. Default: nothing. */
  readonly distil?: DistilSettings;
  /** Whether {@link BackwardResult.squaredNorms} is wanted. Default false. */
  readonly norms?: boolean;
}

export interface BackwardResult {
  /**
   * This batch's share of the loss of each term that took part, unweighted: the shares of a step's batches add up to the
   * loss.
   */
  readonly losses: ReadonlyMap<string, number>;
  /** Gradient of the weighted loss by parameter name, for the parameters it reaches. The caller owns them. */
  readonly gradients: Map<string, Tensor>;
  /**
   * Squared norm of the gradient of each term's unweighted loss, if asked for; no pass is made for it. The squared norms of
   * a step's batches add up to that of the step.
   *
   * Taken at the trunk's states by `sequential` where offsets stand apart, and otherwise at each term's own hidden
   * state: there one gradient at the trunk is the sum over all. None of a term that sat out, and
   * none of a term on the tape.
   */
  readonly squaredNorms?: ReadonlyMap<string, number>;
}

/**
 * From a batch to losses and gradients: the one seam between a training step and the way it is differentiated. All ways
 * give the same losses, and the same gradients but for rounding; they differ in what they hold in memory at once.
 */
export type Backward = (model: LanguageModel, request: BackwardRequest) => BackwardResult;
