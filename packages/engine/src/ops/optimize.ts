import { shapeMismatch } from '../errors.ts';
import { adamwStep } from '../loops/adamw.ts';
import { type Scalar, type Tensor, tf } from '../tensor.ts';
import { hostCompute, hostRead } from '../tfjs/host.ts';
import type { AdamWOptions, AdamWSlot, Ops } from './contract.ts';

function adamw(slots: readonly AdamWSlot[], options: AdamWOptions) {
  return slots.map(({ weight, gradient, moment1, moment2 }) => {
    for (const other of [gradient, moment1, moment2]) {
      if (tf.util.arraysEqual(other.shape, weight.shape)) continue;
      throw shapeMismatch(
        'adamw',
        `a gradient and moments of the weight's shape [${weight.shape}]`,
        `[${other.shape}]`,
      );
    }
    const inputs = [weight, gradient, moment1, moment2];
    const shapes = [weight.shape, weight.shape, weight.shape];
    const [newWeight, newMoment1, newMoment2] = hostCompute(inputs, shapes, ([w, m1, m2], [oldW, g, old1, old2]) => {
      const buffers = {
        weight: w,
        moment1: m1,
        moment2: m2,
        oldWeight: oldW,
        gradient: g,
        oldMoment1: old1,
        oldMoment2: old2,
      };
      adamwStep(buffers, options);
    });
    return { weight: newWeight, moment1: newMoment1, moment2: newMoment2 };
  });
}

function sumOfSquares(tensors: readonly Tensor[]): Scalar {
  let total = 0;
  for (const tensor of tensors) {
    total += hostRead([tensor], (values) => {
      let sum = 0;
      for (let at = 0; at < values.length; at++) sum += values[at] * values[at];
      return sum;
    });
  }
  return tf.scalar(total);
}

/** The optimizer's part of {@link Ops}. */
export const optimizing = { adamw, sumOfSquares } satisfies Partial<Ops>;
