import type { Tensor } from './tensor.ts';

/** A gradient at a tensor: where a backward pass starts. */
export interface Seed {
  /** A tensor that the recording made. */
  readonly at: Tensor;
  /** Of its shape. */
  readonly gradient: Tensor;
}

/**
 * A forward pass kept for a backward pass that comes later. Several recordings chain by hand: the gradient that one
 * gives for its input seeds the one that made that input; so a joint backward pass is one recording and a segmented
 * one is several.
 */
export interface Recording<T> {
  /** What the forward function returned; its tensors live until {@link Recording.dispose}. */
  readonly outputs: T;
  /**
   * Walks the recording backwards once, freeing what it no longer needs.
   * @returns one gradient per tensor of `wrt`; undefined where none flows, so that an optimizer can tell a parameter
   * that sat the step out from one whose gradient is zero. The caller owns them
   */
  backward(seeds: readonly Seed[], wrt: readonly Tensor[]): (Tensor | undefined)[];
  /** Frees outputs and whatever was saved. Safe after `backward` and on the way out of an error. */
  dispose(): void;
}
