// Letters used here: B batch, T positions, D width, V vocabulary, N = B*T rows, H attention heads, G key/value heads
// (H a multiple of G), d width of one attention head, F width of the gated MLP, I / O in- and output width, E readout input width.
import type { KeyValues } from '../key-values.ts';
import type { Nodes } from '../nodes.ts';
import type { Readout, RowLoss } from '../readout.ts';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '../tensor.ts';

/** Weights of a transformer layer; C = H*d is the width of all queries, E = G*d that of all keys. */
export interface TransformerLayerWeights {
  /** Of the norm before attention. */
  readonly attentionGain_D: Tensor1D;
  /** To queries. */
  readonly query_DC: Tensor2D;
  /** To keys. */
  readonly key_DE: Tensor2D;
  /** To values. */
  readonly value_DE: Tensor2D;
  /** From the attention heads back to the width. */
  readonly output_CD: Tensor2D;
  /** Of the norm before the SwiGLU. */
  readonly mlpGain_D: Tensor1D;
  /** To the gate. */
  readonly gate_DF: Tensor2D;
  /** To what is gated. */
  readonly up_DF: Tensor2D;
  /** Back to the width. */
  readonly down_FD: Tensor2D;
}

/**
 * The language of plugins: documented, typed operations, differentiable unless marked. Every one has a composite of
 * plain tfjs operations, which is its specification and runs on every engine; an engine may put a kernel in its place. What only the framework may call is not among them.
 *
 * Inputs are never written to. Results belong to the innermost tidy scope, as in tfjs.
 */
export interface Ops {
  // ---- elementwise (NumPy broadcasting where two operands are taken) ----
  /** a + b. */
  add<T extends Tensor>(a: T, b: Tensor | number): T;
  /** a - b. */
  sub<T extends Tensor>(a: T, b: Tensor | number): T;
  /** a * b. */
  mul<T extends Tensor>(a: T, b: Tensor | number): T;
  /** a / b. */
  div<T extends Tensor>(a: T, b: Tensor | number): T;
  /** The larger of a and b; where they are equal, each gets half of the gradient. */
  maximum<T extends Tensor>(a: T, b: Tensor | number): T;
  /** The smaller of a and b; where they are equal, each gets half of the gradient. */
  minimum<T extends Tensor>(a: T, b: Tensor | number): T;
  /** -x. */
  neg<T extends Tensor>(x: T): T;
  /** e^x. */
  exp<T extends Tensor>(x: T): T;
  /** Natural logarithm. */
  log<T extends Tensor>(x: T): T;
  /** Square root. */
  sqrt<T extends Tensor>(x: T): T;
  /** x^2. */
  square<T extends Tensor>(x: T): T;
  /** Absolute value; at 0 the gradient is 0. */
  abs<T extends Tensor>(x: T): T;
  /** Hyperbolic tangent. */
  tanh<T extends Tensor>(x: T): T;
  /** 1 / (1 + exp(-x)). */
  sigmoid<T extends Tensor>(x: T): T;
  /** x * sigmoid(x) (+ residual of the same shape). */
  silu<T extends Tensor>(x: T, options?: { residual?: T }): T;
  /** max(x, 0); at 0 the gradient is 0. */
  relu<T extends Tensor>(x: T): T;
  /** log(1 + exp(x)), without overflow. */
  softplus<T extends Tensor>(x: T): T;
  /** `a` where condition is nonzero, else `b`; the condition (same shape, bool or int32) has no gradient. */
  where<T extends Tensor>(condition: Tensor, a: T, b: T): T;

  // ---- shape ----
  /** The same values, row-major, in another shape; one axis may be -1 and follows from the others. */
  reshape<T extends Tensor>(x: Tensor, shape: readonly number[]): T;
  /** Axes in another order; default: reversed. */
  transpose<T extends Tensor>(x: T, permutation?: readonly number[]): T;
  /** Parts one after the other along an axis; all other axes are equal. */
  concat<T extends Tensor>(parts: readonly T[], axis: number): T;
  /** The block that starts at `begin` and is `size` long, one number for each axis. */
  slice<T extends Tensor>(x: T, begin: readonly number[], size: readonly number[]): T;
  /** Equal parts along an axis, or parts of these sizes. */
  split<T extends Tensor>(x: T, parts: number | readonly number[], axis: number): T[];
  /** Tensors of one shape along a new axis; default 0. Whole numbers are stacked on the host, where `embed` reads ids. */
  stack<T extends Tensor>(parts: readonly Tensor[], axis?: number): T;
  /** Rows of the first axis by index (host array; any may repeat); the gradient adds up repeats. */
  gatherRows<T extends Tensor>(x: T, rows: Int32Array | readonly number[]): T;

  // ---- reduce ----
  /** Sum over axes; default: all of them. */
  sum<T extends Tensor>(x: Tensor, axis?: number | readonly number[], keepDims?: boolean): T;
  /** Mean over axes; default: all of them. */
  mean<T extends Tensor>(x: Tensor, axis?: number | readonly number[], keepDims?: boolean): T;
  /** The gradient of a tie goes to every maximum alike, in equal shares. */
  max<T extends Tensor>(x: Tensor, axis?: number | readonly number[], keepDims?: boolean): T;
  /** Over the last axis. */
  softmax<T extends Tensor>(x: T): T;
  /** Over the last axis. */
  logSoftmax<T extends Tensor>(x: T): T;
  /** log(sum(exp(x))) over an axis, without overflow; default: all axes. */
  logSumExp<T extends Tensor>(x: Tensor, axis?: number, keepDims?: boolean): T;
  /** Not differentiable. int32 index of the largest value of the last axis; the lowest index of a tie. */
  argmax<T extends Tensor>(x: Tensor): T;
  /** Not differentiable. The `count` largest values of the last axis, best first, and their int32 indices; the lowest index first in a tie. */
  topK<T extends Tensor>(x: Tensor, count: number): { values: T; indices: T };
  /**
   * Not differentiable. One int32 token id a row, drawn from softmax(logits / temperature): the first id whose cumulative
   * probability exceeds the row's number.
   * @param uniform_N - numbers from [0, 1), the caller's randomness
   * @param temperature - above 0; default 1
   */
  sample(logits_NV: Tensor2D, uniform_N: ArrayLike<number>, temperature?: number): Tensor1D;

  // ---- create (host values; no gradient) ----
  /** Host values as a tensor: int32 where they are an Int32Array, else float32. */
  constant<T extends Tensor>(values: Float32Array | Int32Array | readonly number[], shape: readonly number[]): T;
  /** Zeros, float32. */
  zeros<T extends Tensor>(shape: readonly number[]): T;
  /** Ones, float32. */
  ones<T extends Tensor>(shape: readonly number[]): T;
  /** One value everywhere, float32. */
  full<T extends Tensor>(shape: readonly number[], value: number): T;
  /** The same values, through which no gradient flows. */
  stopGradient<T extends Tensor>(x: T): T;

  // ---- linear algebra and the fused operations ----
  /** [M,K] x [K,N], or batched over equal leading axes. */
  matmul<T extends Tensor>(a: T, b: T): T;
  /** Last axis I to O: x W (+ bias) (+ residual of the output's shape). x may have any leading axes. */
  linear<T extends Tensor>(x_I: T, weight_IO: Tensor2D, options?: { bias_O?: Tensor1D; residual?: T }): T;
  /** x / sqrt(mean(x^2) + epsilon) * gain over the last axis; epsilon defaults to 1e-5. */
  rmsNorm<T extends Tensor>(x: T, gain_D: Tensor1D, epsilon?: number): T;
  /**
   * Rotary position embedding: pairs (j, j + d/2) turn by position * base^(-2j/d), as in the reference yardstick.
   * @param base - default 10000
   */
  rotary(x_BTHd: Tensor4D, at: Nodes, base?: number): Tensor4D;
  /**
   * softmax(q k / sqrt(d)) v over each node's committed past (when `kv` holds one) and its ancestors among the
   * undecided nodes, itself included. Appends this forward's keys and values to `kv`. Grouped queries: query head h
   * reads key/value head floor(h * G / H). Differentiable without a past, through `unrolledKeyValues` too, but
   * not through a store.
   */
  attention(q_BTHd: Tensor4D, k_BTGd: Tensor4D, v_BTGd: Tensor4D, at: Nodes, kv: KeyValues): Tensor4D;
  /** SwiGLU: (silu(x Wgate) * (x Wup)) Wdown (+ residual). */
  gatedMlp<T extends Tensor>(
    x_D: T,
    weights: { gate_DF: Tensor2D; up_DF: Tensor2D; down_FD: Tensor2D },
    options?: { residual?: T },
  ): T;
  /** Rows of a table by token id: [B,T] int32 ids to [B,T,D]. The gradient adds up repeated ids. */
  embed(tokens_BT: Tensor2D, table_VD: Tensor2D): Tensor3D;

  // ---- outside the tape ----
  /** Norm and unembedding of a block of rows, no gradient: the logits of decoding. */
  readoutLogits(hidden_NE: Tensor2D, readout: Readout): Tensor2D;
  /** The cross-entropy of rows, for an objective; target -1 ignores the row. Targets are readout rows (see `tokens_V`). */
  crossEntropyRows(target_N: Int32Array): RowLoss;
}
