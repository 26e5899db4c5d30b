// B rows, T nodes a row, D width.
import type { Nodes, Ops, Tensor2D, Tensor3D } from '@foretoken/engine';
import type { Memory } from './memory.ts';
import type { BlockShape, Dims, ParamFactory } from './parameters.ts';

/** The shared backbone: token ids to hidden states. */
export interface Trunk {
  embed(tokens_BT: Tensor2D): Tensor3D;
  /**
   * @param taps - shares of the depth, in (0, 1]; 1 is the output, 0.5 the state after half of the blocks
   * @returns one hidden_BTD per tap, in their order
   */
  forward(x_BTD: Tensor3D, at: Nodes, memory: Memory, taps: readonly number[]): Tensor3D[];
}

/** Sizes that follow from a trunk's options alone. */
export interface TrunkShape {
  readonly width: number;
  /** Blocks in all, those of the heads included; `match` decides how many the trunk keeps. */
  readonly layers: number;
  readonly block: BlockShape;
}

export interface TrunkContext {
  readonly ops: Ops;
  readonly param: ParamFactory;
  readonly dims: Dims;
}
