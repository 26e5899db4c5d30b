// M rows, K inner axis and N columns of a product, P matrices in a batch, D width, F inner width of an MLP, B rows, T nodes,
// H attention heads, d width of one attention head, R rows of a block, V vocabulary.
import type { KeyValueStore } from '../key-values.ts';
import type { Nodes } from '../nodes.ts';
import type { RowLoss } from '../readout.ts';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '../tensor.ts';
import type { ColumnKeyValues } from '../unrolled-key-values.ts';
import type { AttentionSizes } from './attention-pairs.ts';
import type { AdamWOptions, AdamWSlot, ReadoutRequest, StackedLayer } from './engine-ops.ts';

/** A parameter after one step; the tensors are new. */
export interface AdamWResult {
  readonly weight: Tensor;
  readonly moment1: Tensor;
  readonly moment2: Tensor;
}

/** How a product takes its operands, and what it adds. */
export interface ProductOptions {
  /** The left side comes as [K,M]. */
  readonly transposeA?: boolean;
  /** The right side comes as [N,K]. */
  readonly transposeB?: boolean;
  readonly bias_N?: Tensor;
  readonly residual_MN?: Tensor;
}

/**
 * The computations that an engine may do in its own way. `composites` has every one of them in plain tfjs operations,
 * which is the specification; an engine gives what it does faster, with the same results to float32 accuracy.
 *
 * All but `attention` and `unrolledAttention` run off the tape: the ops above them write the gradients. Operands are checked already, float32
 * (those of `ids` int32) and never written to; results are new tensors.
 */
export interface Kernels {
  /** [M,K] x [K,N] (+ bias) (+ residual). Each value is summed over K in order, so its bits follow from its row and column. */
  product(a_MK: Tensor, b_KN: Tensor, options?: ProductOptions): Tensor;
  /** x W (+ bias) (+ residual) over the last axis; leading axes stay as they are. Default: by way of `product`. */
  linear(x_I: Tensor, weight_IO: Tensor, options?: { bias_O?: Tensor; residual?: Tensor }): Tensor;
  /** [P,M,K] x [P,K,N], matrix by matrix. */
  batchProduct(a_PMK: Tensor, b_PKN: Tensor, options?: Pick<ProductOptions, 'transposeA' | 'transposeB'>): Tensor;
  /** [M,N] to [N,M]. */
  transpose(x_MN: Tensor): Tensor;
  /** The block of `size` indices of one axis. */
  cut(x: Tensor, axis: number, begin: number, size: number): Tensor;
  /** Zeros of a shape with one block of an axis filled: the gradient of `cut`. */
  place(block: Tensor, shape: readonly number[], axis: number, begin: number): Tensor;
  /** Parts with elements, one after the other along an axis. Default: tfjs' own way, which checks them once more. */
  join?(parts: readonly Tensor[], axis: number): Tensor;
  /** Values of an int32 tensor that lie in the host's memory, not to be written to; undefined where they lie elsewhere. Default: read back. */
  ids?(x: Tensor): Int32Array | undefined;
  /**
   * Rows of the first axis; any may repeat.
   * @param leading - axes of the result before those of a row. Default: one, over the rows
   */
  gather(x: Tensor, rows: ArrayLike<number>, leading?: readonly number[]): Tensor;
  /** Zeros of a shape to which rows are added, repeats in their order: the gradient of `gather`. */
  scatter(rows: Tensor, at: ArrayLike<number>, shape: readonly number[]): Tensor;
  /** x / sqrt(mean(x^2) + epsilon) * gain over the last axis. */
  rmsNorm(x: Tensor, gain_D: Tensor, epsilon: number): Tensor;
  /** Gradients of `rmsNorm` for x and gain, both times `scale`. */
  rmsNormGradients(dy: Tensor, x: Tensor, gain_D: Tensor, epsilon: number, scale: number): Tensor[];
  /** x * sigmoid(x) (+ residual). */
  silu(x: Tensor, residual?: Tensor): Tensor;
  /** silu(gate) * up: the inside of a gated MLP. */
  gated(gate_NF: Tensor, up_NF: Tensor): Tensor;
  /** (silu(x Wgate) * (x Wup)) Wdown (+ residual) where no gradient is wanted. Default: by way of `linear` and `gated`. */
  gatedMlp(x_D: Tensor, gate_DF: Tensor, up_DF: Tensor, down_FD: Tensor, residual?: Tensor): Tensor;
  /** From d(silu(gate) * up): d gate, d up, and silu(gate) * up again. */
  gatedGradients(
    dInner_NF: Tensor,
    gate_NF: Tensor,
    up_NF: Tensor,
  ): [dGate_NF: Tensor, dUp_NF: Tensor, inner_NF: Tensor];
  /** Turns the pairs (j, j + d/2) by angles whose cosines and sines are [B*T,d/2]; direction -1 turns back. */
  rotate(x_BTHd: Tensor4D, tables: readonly Tensor[], direction: 1 | -1): Tensor4D;
  /** Cross-entropy and its gradient; target -1 ignores the row. */
  crossEntropy(logits_RV: Tensor, target_R: Int32Array): ReturnType<RowLoss>;
  /** One id a row, by the row's number from [0, 1); see `Ops.sample`. */
  sample(logits_NV: Tensor2D, uniform_N: Float32Array, temperature: number): Tensor1D;
  adamw(slots: readonly AdamWSlot[], options: AdamWOptions): AdamWResult[];
  sumOfSquares(tensors: readonly Tensor[]): number;
  /** Attention of each node over its ancestors, without a past; differentiable. */
  attention(q: Tensor4D, k: Tensor4D, v: Tensor4D, at: Nodes, sizes: AttentionSizes): Tensor4D;
  /**
   * Attention of a node over the ancestors of its column in text and over its own column in every later call;
   * differentiable.
   * @param calls - keys and values: the text's, then those of each later call up to this one
   * @param at - nodes of the text
   */
  unrolledAttention(q: Tensor4D, calls: readonly ColumnKeyValues[], at: Nodes, sizes: AttentionSizes): Tensor4D;
  /** A store in the layout that `cachedAttention` of the same engine reads. */
  createStore(slot: string): KeyValueStore;
  /** Puts the new nodes' keys and values into the rows that are bound, then attends each over what it sees. Padding gets zeros. */
  cachedAttention(
    q: Tensor4D,
    k: Tensor4D,
    v: Tensor4D,
    at: Nodes,
    store: KeyValueStore,
    sizes: AttentionSizes,
  ): Tensor4D;
  /** Keeps the path of each row in every store. Default: store by store, row by row. */
  commitStores?(stores: readonly KeyValueStore[], rows: readonly number[], paths: readonly (readonly number[])[]): void;
  /**
   * The whole of `EngineOps.transformerStack` in one call, the same bits as its parts. Default: its parts.
   * @param layers - of one width of attention heads and one rotary base; what lies in a frozen list does not change
   */
  cachedLayers?(x_BTD: Tensor3D, layers: readonly StackedLayer[], at: Nodes, epsilon: number): Tensor3D;
  /** One request of `EngineOps.hostLogits` in one call, the same bits as `readoutLogits`. Default: by way of that. */
  hostLogits?(request: ReadoutRequest, epsilon: number): Float32Array;
}
