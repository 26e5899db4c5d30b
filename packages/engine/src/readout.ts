// R rows of a block, E readout input width, V vocabulary of the readout.
import type { Tensor1D, Tensor2D } from './tensor.ts';

/** Final norm, unembedding, and the vocabulary it speaks. */
export interface Readout {
  /** Gain of the RMS norm before the unembedding; absent: no norm. */
  readonly gain_E?: Tensor1D;
  /** The unembedding. */
  readonly weight_EV: Tensor2D;
  /** Added to the logits; absent: none. */
  readonly bias_V?: Tensor1D;
  /** A reduced draft vocabulary: row v of the readout is token id tokens_V[v]. Absent: the identity. */
  readonly tokens_V?: Int32Array;
}

/**
 * A loss on a block of rows, and its gradient: cross-entropy, divergence from a teacher, list-wise ranking. Called
 * inside a tidy scope, outside any tape; `firstRow` is the index of the block's first row in the whole.
 *
 * @returns loss_R in nats, 0 for an ignored row, and d(sum of loss_R)/d(logits), zero rows for ignored ones
 */
export type RowLoss = (logits_RV: Tensor2D, firstRow: number) => { loss_R: Tensor1D; dLogits_RV: Tensor2D };

/** One use of a readout in a step. */
export interface LossPart {
  /** What the readout reads. */
  readonly hidden_NE: Tensor2D;
  /** The loss of its rows. */
  readonly rows: RowLoss;
  /** Multiplies every gradient of this part: the offset's weight over its number of valid targets. The losses are unscaled. */
  readonly scale: number;
}

/** What is wanted of a loss. */
export interface LinearLossOptions {
  /** Whether gradients are wanted at all. */
  readonly gradients: boolean;
  /** No gradient of gain, weight or bias is wanted, and no work goes into one. Default false. */
  readonly frozenReadout?: boolean;
}

/** Losses and gradients of `EngineOps.linearLoss`; the caller owns the tensors. */
export interface LinearLossResult {
  /** Unscaled losses per row, in the order of the parts. */
  readonly loss_N: readonly Tensor1D[];
  /** Absent (empty) unless gradients were asked for. */
  readonly dHidden_NE: readonly Tensor2D[];
  /** Absent too, as the two below, for a frozen readout. */
  readonly dGain_E?: Tensor1D;
  /** Gradient of the unembedding. */
  readonly dWeight_EV?: Tensor2D;
  /** Gradient of the bias. */
  readonly dBias_V?: Tensor1D;
}
