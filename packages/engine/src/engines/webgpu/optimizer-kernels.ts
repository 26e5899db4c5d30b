import type { AdamWOptions, AdamWSlot } from '../../ops/engine-ops.ts';
import type { AdamWResult } from '../../ops/kernels.ts';
import { type Tensor, tf } from '../../tensor.ts';
import type { GpuLauncher } from './launcher.ts';
import * as shaders from './shaders/elementwise.ts';

/** One AdamW step of one parameter. */
export function adamw(gpu: GpuLauncher, slot: AdamWSlot, options: AdamWOptions): AdamWResult {
  const { weight, gradient, moment1, moment2 } = slot;
  const { shape, size } = weight;
  if (size === 0) return { weight: tf.zeros(shape), moment1: tf.zeros(shape), moment2: tf.zeros(shape) };
  const { learningRate, beta1, beta2, epsilon, weightDecay, step, gradientScale } = options;
  const rates = [learningRate / (1 - beta1 ** step), 1 / (1 - beta2 ** step), epsilon, 1 - learningRate * weightDecay];
  const [newWeight, newMoment1, newMoment2] = gpu.run(shaders.adamw, {
    outputs: [shape, shape, shape],
    inputs: [weight, gradient, moment1, moment2],
    parameters: [size, gradientScale, beta1, 1 - beta1, beta2, 1 - beta2, ...rates],
    groups: gpu.cover(size),
  });
  return { weight: newWeight, moment1: newMoment1, moment2: newMoment2 };
}

/** Sum of squares over all tensors: in float32 over what one thread adds up, in float64 over the threads; read once. */
export function sumOfSquares(gpu: GpuLauncher, tensors: readonly Tensor[]): number {
  const filled = tensors.filter(({ size }) => size > 0);
  const counts = filled.map(({ size }) => Math.ceil(size / shaders.SQUARES_OF_A_THREAD));
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return 0;
  const sums = gpu.make([total]);
  let first = 0;
  for (const [index, x] of filled.entries()) {
    const parameters = [counts[index], x.size, first];
    gpu.run(shaders.squares, { outputs: [sums], inputs: [x], parameters, groups: gpu.cover(counts[index]) });
    first += counts[index];
  }
  const parts = sums.dataSync() as Float32Array;
  sums.dispose();
  return parts.reduce((sum, part) => sum + part, 0);
}
