// B batch, T positions, D width, N rows, E readout input width, V vocabulary.
import type { KeyValueStore } from '../key-values.ts';
import type { Nodes } from '../nodes.ts';
import type { LinearLossOptions, LinearLossResult, LossPart, Readout } from '../readout.ts';
import type { Scalar, Tensor, Tensor3D } from '../tensor.ts';
import type { Ops, TransformerLayerWeights } from './contract.ts';

/** Hyperparameters of one AdamW step; the rates already follow the schedule. */
export interface AdamWOptions {
  /** Of this step. */
  readonly learningRate: number;
  /** Share of the old mean gradient that stays. */
  readonly beta1: number;
  /** Share of the old mean square that stays. */
  readonly beta2: number;
  /** Added to the root of the mean square. */
  readonly epsilon: number;
  /** Decoupled: the weight shrinks by learningRate * weightDecay, apart from the moments. */
  readonly weightDecay: number;
  /** Steps applied including this one, from 1: the bias correction. */
  readonly step: number;
  /** Multiplies the gradient first: global-norm clipping over the batch's accumulation count. */
  readonly gradientScale: number;
}

/** One parameter with its gradient and moments. */
export interface AdamWSlot {
  /** The parameter. */
  readonly weight: Tensor;
  /** Of its shape. */
  readonly gradient: Tensor;
  /** Running mean of the gradient. */
  readonly moment1: Tensor;
  /** Running mean of its square. */
  readonly moment2: Tensor;
}

/** One layer of {@link EngineOps.transformerStack}; each has a store of its own. */
export interface StackedLayer {
  /** Of the layer. */
  readonly weights: TransformerLayerWeights;
  /** Its keys and values. */
  readonly store: KeyValueStore;
  /** Its sizes. */
  readonly shape: TransformerLayerShape;
}

/** Hidden states to read out. */
export interface ReadoutRequest {
  /** By row wanted, where it lies: [..,E], mostly all the same. */
  readonly states_M: readonly Tensor[];
  /** Its number there, over all leading axes. */
  readonly rows_M: readonly number[];
  /** What reads them. */
  readonly readout: Readout;
}

/** What {@link TransformerLayerWeights} do not say of a layer. */
export interface TransformerLayerShape {
  /** Attention heads. */
  readonly attentionHeads: number;
  /** Divides `attentionHeads`. */
  readonly keyValueHeads: number;
  /** See {@link Ops.rotary}. */
  readonly rotaryBase: number;
}

/**
 * What the framework itself calls beside {@link Ops}: whole layers on its stores, losses outside the tape, the optimizer. A
 * plugin is given none of it; {@link pluginOps} takes it away.
 */
export interface EngineOps extends Ops {
  /**
   * Pre-norm transformer layers with a past, no gradient, one after the other: RMS norm, rotary grouped-query attention, residual;
   * RMS norm, SwiGLU, residual. The same bits as part by part, in one call where the engine can: what JavaScript does a layer is
   * then done once.
   * @param layers - none gives `x_BTD` back; a frozen list is looked through once, so what lies in it must not change
   */
  transformerStack(x_BTD: Tensor3D, layers: readonly StackedLayer[], at: Nodes): Tensor3D;
  /**
   * Rows of one or several tensors of one width, side by side. Call it in a tidy scope: the result may be one of the tensors.
   * @param tensors_M - by row wanted, mostly all the same
   * @param rows_M - of their first axes
   * @returns [M, X...]
   */
  pickRows(tensors_M: readonly Tensor[], rows_M: readonly number[]): Tensor;
  /**
   * Logits on the host, [M,V] row-major for each request: the values of `readoutLogits` on the rows that are picked, in one
   * transfer for all, or without a tensor in between where the engine can. Must not be called while a tape records.
   * @throws SHAPE_MISMATCH
   */
  hostLogits(requests: readonly ReadoutRequest[]): Float32Array[];
  /**
   * Loss of every part that shares one readout, and its gradients, in row blocks: no [N,V] is ever whole.
   * Must not be called while a tape records. A `hidden` gradient belongs to its part; gain, weight and bias gradients are sums over parts.
   */
  linearLoss(readout: Readout, parts: readonly LossPart[], options: LinearLossOptions): LinearLossResult;
  /**
   * One AdamW step of every slot. The caller owns the returned tensors and disposes the old ones, which an engine may have
   * updated in place: they must not be read again.
   * @source Loshchilov & Hutter 2019, arXiv:1711.05101
   */
  adamw(slots: readonly AdamWSlot[], options: AdamWOptions): { weight: Tensor; moment1: Tensor; moment2: Tensor }[];
  /** Sum of squares over all tensors, in a fixed order. */
  sumOfSquares(tensors: readonly Tensor[]): Scalar;
}

/** Every name that {@link EngineOps} adds: the compiler refuses a list that lacks one, or has one too many. */
const FRAMEWORK_ONLY: Readonly<Record<Exclude<keyof EngineOps, keyof Ops>, true>> = {
  transformerStack: true,
  pickRows: true,
  hostLogits: true,
  linearLoss: true,
  adamw: true,
  sumOfSquares: true,
};

/** Where {@link pluginOps} keeps what it was made from. */
const WHOLE: unique symbol = Symbol('engine ops');

/**
 * What plugins get of an engine's operations: the very same functions, so that a call costs nothing more, and no others.
 *
 * Make it once for each model, not for each call.
 */
export function pluginOps(ops: EngineOps): Ops {
  const offered = Object.fromEntries(Object.entries(ops).filter(([name]) => !Object.hasOwn(FRAMEWORK_ONLY, name)));
  return Object.freeze(Object.defineProperty(offered, WHOLE, { value: ops })) as unknown as Ops;
}

/** What {@link pluginOps} was given; undefined for an object that it did not make, such as a plugin's own. */
export const engineOpsOf = (ops: Ops): EngineOps | undefined => (ops as { readonly [WHOLE]?: EngineOps })[WHOLE];
