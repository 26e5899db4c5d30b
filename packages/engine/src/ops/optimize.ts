import { shapeMismatch } from '../errors.ts';
import { type Scalar, type Tensor, tf } from '../tensor.ts';
import type { AdamWOptions, AdamWSlot } from './engine-ops.ts';
import type { AdamWResult, Kernels } from './kernels.ts';

/** One AdamW step of every slot. */
export function adamw(kernels: Kernels, slots: readonly AdamWSlot[], options: AdamWOptions): AdamWResult[] {
  for (const slot of slots) {
    const { shape } = slot.weight;
    for (const other of [slot.gradient, slot.moment1, slot.moment2]) {
      if (tf.util.arraysEqual(other.shape, shape)) continue;
      throw shapeMismatch('adamw', `a gradient and moments of the weight's shape [${shape}]`, `[${other.shape}]`);
    }
  }
  return kernels.adamw(slots, options);
}

/** Sum of squares over all tensors, in a fixed order. */
export function sumOfSquares(kernels: Kernels, tensors: readonly Tensor[]): Scalar {
  return tf.scalar(kernels.sumOfSquares(tensors));
}
