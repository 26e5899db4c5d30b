// D width, R rows of a block, V vocabulary.
import type { RowLoss } from '../../readout.ts';
import { type Tensor, type Tensor1D, type Tensor2D, tf } from '../../tensor.ts';
import type { GpuLauncher } from './launcher.ts';
import { LANES } from './launcher.ts';
import * as shaders from './shaders/rows.ts';

/** Work groups, one a row. */
const over = (gpu: GpuLauncher, rows: number) => gpu.cover(rows * LANES);

/** x / sqrt(mean(x^2) + epsilon) * gain over the last axis. */
export function rmsNorm(gpu: GpuLauncher, x: Tensor, gain_D: Tensor, epsilon: number): Tensor {
  if (x.size === 0) return tf.zeros(x.shape);
  const rows = x.size / gain_D.size;
  return gpu.run(shaders.rmsNorm, {
    outputs: [x.shape],
    inputs: [x, gain_D],
    parameters: [rows, gain_D.size, epsilon],
    groups: over(gpu, rows),
  })[0];
}

/** Gradients of {@link rmsNorm} for x and gain, both times `scale`. */
export function rmsNormGradients(
  gpu: GpuLauncher,
  dy: Tensor,
  x: Tensor,
  gain_D: Tensor,
  epsilon: number,
  scale: number,
): Tensor[] {
  if (x.size === 0) return [tf.zeros(x.shape), tf.zeros(gain_D.shape)];
  const D = gain_D.size;
  const rows = x.size / D;
  const [dx, inverses] = gpu.run(shaders.rmsNormInputGradient, {
    outputs: [x.shape, [rows]],
    inputs: [dy, x, gain_D],
    parameters: [rows, D, epsilon, scale],
    groups: over(gpu, rows),
  });
  const [dGain_D] = gpu.run(shaders.rmsNormGainGradient, {
    outputs: [gain_D.shape],
    inputs: [dy, x, inverses],
    parameters: [D, rows, scale],
    groups: over(gpu, D),
  });
  inverses.dispose();
  return [dx, dGain_D];
}

/** Cross-entropy and its gradient; target -1 ignores the row. */
export function crossEntropy(gpu: GpuLauncher, logits_RV: Tensor, target_R: Int32Array): ReturnType<RowLoss> {
  const [R, V] = logits_RV.shape;
  if (R * V === 0) return { loss_R: tf.zeros([R]), dLogits_RV: tf.zeros([R, V]) };
  const target = tf.tensor1d(target_R, 'int32');
  const [loss_R, dLogits_RV] = gpu.run(shaders.crossEntropy, {
    outputs: [[R], [R, V]],
    inputs: [logits_RV, target],
    parameters: [R, V],
    groups: over(gpu, R),
  });
  target.dispose();
  return { loss_R: loss_R as Tensor1D, dLogits_RV: dLogits_RV as Tensor2D };
}
