// D width.
import { type Tensor, tf } from '../../tensor.ts';
import { sumLeading } from '../sum-to.ts';

/** Reciprocals of the root mean squares of the last axis, which they keep with length 1. */
const inverseRms = (x: Tensor, epsilon: number): Tensor =>
  tf.div(1, tf.sqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon)));

/** x / sqrt(mean(x^2) + epsilon) * gain over the last axis. */
export function rmsNorm(x: Tensor, gain_D: Tensor, epsilon: number): Tensor {
  return tf.mul(tf.mul(x, inverseRms(x, epsilon)), gain_D);
}

/** With r the reciprocal: dx = r (g dy) - x r^3 mean(g dy x), dg = the sum over rows of dy x r; both times `scale`. */
export function rmsNormGradients(dy: Tensor, x: Tensor, gain_D: Tensor, epsilon: number, scale: number): Tensor[] {
  const r = inverseRms(x, epsilon);
  const flow = tf.mul(dy, gain_D);
  const along = tf.mul(tf.mul(r, tf.square(r)), tf.mean(tf.mul(flow, x), -1, true));
  const dx = tf.sub(tf.mul(flow, r), tf.mul(x, along));
  const dGain_D = sumLeading(tf.mul(dy, tf.mul(x, r)), gain_D.shape);
  return [tf.mul(dx, scale), tf.mul(dGain_D, scale)];
}
