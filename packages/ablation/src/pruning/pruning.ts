/** What all pruners have: fixed points at which arms are looked at. */
interface Rungs {
  /** Shares of each arm's own steps, growing: every arm is looked at in its first validation at or after them. */
  readonly rungs: readonly number[];
}

/** Of the arms that are left, the best share goes on. */
export interface Halving extends Rungs {
  readonly rule: 'halving';
  /** Share of the arms beside the baseline that goes on from each rung, rounded up. */
  readonly keep: number;
}

/** Arms that are clearly worse than the baseline stop. */
export interface Paired extends Rungs {
  readonly rule: 'paired';
  /** Probability that any arm that is no worse than the baseline is stopped, at any rung. */
  readonly alpha: number;
}

/**
 * How arms are stopped before their end: complete, and the same for the whole matrix.
 *
 * At a rung arms are compared by their held-out bits, and only once every seed of every arm that is left has come to it.
 * The baseline is never stopped. All decisions follow from this and from the losses at the rungs: nothing else is kept.
 */
export type Pruning = Halving | Paired;

/** The file in a cell's folder that says that it is pruned, beside the record that it would have. */
export const PRUNED_FILE = 'pruned.json';

/** Where, and why, one seed of an arm was stopped. */
export interface PrunedAt {
  readonly rule: Pruning['rule'];
  /** From 1. */
  readonly rung: number;
  readonly rungs: number;
  readonly step: number;
  /** Of the whole training. */
  readonly steps: number;
  /** Held-out bits at offset 1 there, of this seed, per token (so per byte where tokens are bytes); null if not finite. */
  readonly bits: number | null;
  /** Mean over the seeds of the arm's bits minus the baseline's; absent where the baseline has none. */
  readonly difference?: number;
  /** One clause for people. */
  readonly reason: string;
}
