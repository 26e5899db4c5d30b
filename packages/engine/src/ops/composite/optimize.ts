import { type Tensor, tf } from '../../tensor.ts';
import { tidy } from '../../tfjs/scopes.ts';
import type { AdamWOptions, AdamWSlot } from '../engine-ops.ts';
import type { AdamWResult } from '../kernels.ts';

/** One AdamW step of every parameter. */
export const adamw = (slots: readonly AdamWSlot[], options: AdamWOptions): AdamWResult[] =>
  slots.map((slot) => adamwOne(slot, options));

function adamwOne(slot: AdamWSlot, options: AdamWOptions): AdamWResult {
  const { learningRate, beta1, beta2, epsilon, weightDecay, step, gradientScale } = options;
  return tidy(() => {
    const flow = tf.mul(slot.gradient, gradientScale);
    const moment1 = tf.add(tf.mul(slot.moment1, beta1), tf.mul(flow, 1 - beta1));
    const moment2 = tf.add(tf.mul(slot.moment2, beta2), tf.mul(tf.square(flow), 1 - beta2));
    const spread = tf.add(tf.sqrt(tf.mul(moment2, 1 / (1 - beta2 ** step))), epsilon);
    const move = tf.div(tf.mul(moment1, learningRate / (1 - beta1 ** step)), spread);
    const weight = tf.sub(tf.mul(slot.weight, 1 - learningRate * weightDecay), move);
    return { weight, moment1, moment2 };
  });
}

/** Sum of squares over all tensors, each summed in float32. */
export function sumOfSquares(tensors: readonly Tensor[]): number {
  return tensors.reduce((total, tensor) => total + tidy(() => tf.sum(tf.square(tensor)).dataSync()[0]), 0);
}
