import type { Tensor } from '@foretoken/engine';

/** How a parameter starts. `normal` is truncated at three standard deviations. */
export type Initializer =
  | { readonly kind: 'normal'; readonly standardDeviation: number }
  | { readonly kind: 'zeros' }
  | { readonly kind: 'ones' }
  | { readonly kind: 'constant'; readonly value: number }
  /** The identity matrix times `scale`; two equal axes. */
  | { readonly kind: 'identity'; readonly scale?: number }
  /**
   * The starting values of another parameter of the model, such as the readout's: also where those come from a finished
   * run. From then on the two are trained apart.
   */
  | {
      readonly kind: 'copy';
      readonly of: Tensor;
      /** Which columns (indices into the last axis), in this order. Default: all. */
      readonly columns?: readonly number[];
    };

/**
 * Makes or finds a trainable weight. The framework names it (under the owner's prefix), seeds it from
 * (seed, name), updates, checkpoints and disposes it: adding a head never moves the trunk's initial weights.
 *
 * @param name - lower-case words, digits, `-`, joined by `.`; unique within the owner
 * @param init - default: normal with standard deviation 0.02
 * @returns a tensor that always holds the current value; keep it, do not dispose it
 * @throws PARAMETER_DUPLICATE if the name is taken
 */
export type ParamFactory = <T extends Tensor>(name: string, shape: readonly number[], init?: Initializer) => T;

/** Sizes of a transformer block, for heads that want one like the trunk's. */
export interface BlockShape {
  /** Attention heads; they divide the width into heads of an even width. */
  readonly attentionHeads: number;
  /** Heads of keys and values (grouped queries); divides `attentionHeads`. */
  readonly keyValueHeads: number;
  /** Inner width of the SwiGLU. */
  readonly mlpWidth: number;
  /** Base of the rotary angles. */
  readonly rotaryBase: number;
}

/** Sizes of the model that a plugin is made for. */
export interface Dims {
  /** D: width of the trunk's states. */
  readonly width: number;
  /** V: token ids lie in [0, V). */
  readonly vocabulary: number;
  /** Largest number of positions in a row. */
  readonly context: number;
  /** Offsets that this model predicts at most. */
  readonly horizon: number;
  /** Largest horizon of any arm of the comparison. */
  readonly maxOffset: number;
  /** Blocks in all: trunk and, counted once per offset, head. */
  readonly layers: number;
  /** Blocks in the trunk. */
  readonly trunkLayers: number;
  /** Of every block; for a head, of its own, whose SwiGLU `match: parameters` may make wider or narrower. */
  readonly block: BlockShape;
  /** Of the trunk's last block, which gives or takes parameters under `match: parameters` where the head has no blocks. */
  readonly lastBlock: BlockShape;
}
