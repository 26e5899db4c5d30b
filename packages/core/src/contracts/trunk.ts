// B rows, T nodes a row, D width.
import type { Nodes, Ops, Tensor2D, Tensor3D } from '@foretoken/engine';
import type { Memory } from './memory.ts';
import type { BlockShape, Dims, ParamFactory } from './parameters.ts';

/**
 * The shared backbone: token ids to hidden states. `describeTrunkContract` checks one.
 *
 * It makes `dims.trunkLayers` blocks, not `dims.layers`, which counts those of the head too, and gives the last of them the
 * inner width of `dims.lastBlock`: by these two, arms are matched in size.
 */
export interface Trunk {
  /** Token ids to x_BTD; heads embed the tokens ahead with it as well. */
  embed(tokens_BT: Tensor2D): Tensor3D;
  /**
   * The states of this forward's nodes. They see one another and the past through `memory` alone, by their parents in `at`.
   *
   * @param taps - shares of the depth, in (0, 1]; 1 is the output, 0.5 the state after half of the blocks
   * @returns one hidden_BTD per tap, in their order
   */
  forward(x_BTD: Tensor3D, at: Nodes, memory: Memory, taps: readonly number[]): Tensor3D[];
}

/** Sizes that follow from a trunk's options alone. */
export interface TrunkShape {
  /** D: width of the states. */
  readonly width: number;
  /** Blocks in all, those of the heads included; `match` decides how many the trunk keeps. */
  readonly layers: number;
  /** Of a transformer block for heads that want one; a trunk without attention says what theirs shall have. */
  readonly block: BlockShape;
}

/** What a trunk is made with. */
export interface TrunkContext {
  /** The operations that trunks are written in; they run on every engine. */
  readonly ops: Ops;
  /** Makes the trunk's weights, in `create` and never later. */
  readonly param: ParamFactory;
  /** Sizes of the model. */
  readonly dims: Dims;
}
