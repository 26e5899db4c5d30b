// D width, R rows of a block, V vocabulary.
import type { AdamWOptions, AdamWSlot } from '../../ops/contract.ts';
import type { AdamWResult, Kernels } from '../../ops/kernels.ts';
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tf } from '../../tensor.ts';
import { attentionKernels } from './attention-kernels.ts';
import type { GpuLauncher } from './launcher.ts';
import { productKernels } from './product.ts';
import * as elementwise from './shaders/elementwise.ts';
import * as rows from './shaders/rows.ts';

/** Computations of the WebGPU engine in shaders of our own. */
export function webgpuKernels(gpu: GpuLauncher): Partial<Kernels> {
  return {
    ...productKernels(gpu),
    ...rowKernels(gpu),
    ...elementwiseKernels(gpu),
    ...optimizerKernels(gpu),
    ...attentionKernels(gpu),
  };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Row by row over the last axis. */
function rowKernels(gpu: GpuLauncher): Pick<Kernels, 'rmsNorm' | 'rmsNormGradients' | 'crossEntropy'> {
  /** Work groups, one a row. */
  const over = (count: number) => gpu.cover(count * 64);
  return {
    rmsNorm(x, gain_D, epsilon) {
      if (x.size === 0) return tf.zeros(x.shape);
      const [D] = gain_D.shape;
      const count = x.size / D;
      const parameters = [count, D, epsilon];
      return gpu.run(rows.rmsNorm, { outputs: [x.shape], inputs: [x, gain_D], parameters, groups: over(count) })[0];
    },
    rmsNormGradients(dy, x, gain_D, epsilon, scale) {
      if (x.size === 0) return [tf.zeros(x.shape), tf.zeros(gain_D.shape)];
      const [D] = gain_D.shape;
      const count = x.size / D;
      const [dx, inverses] = gpu.run(rows.rmsNormInputGradient, {
        outputs: [x.shape, [count]],
        inputs: [dy, x, gain_D],
        parameters: [count, D, epsilon, scale],
        groups: over(count),
      });
      const [dGain_D] = gpu.run(rows.rmsNormGainGradient, {
        outputs: [gain_D.shape],
        inputs: [dy, x, inverses],
        parameters: [D, count, scale],
        groups: over(D),
      });
      inverses.dispose();
      return [dx, dGain_D];
    },
    crossEntropy(logits_RV, target_R) {
      const [R, V] = logits_RV.shape;
      if (R * V === 0) return { loss_R: tf.zeros([R]) as Tensor1D, dLogits_RV: tf.zeros([R, V]) as Tensor2D };
      const target = tf.tensor1d(target_R, 'int32');
      const inputs = [logits_RV, target];
      const outputs = [[R], [R, V]];
      const [loss_R, dLogits_RV] = gpu.run(rows.crossEntropy, { outputs, inputs, parameters: [R, V], groups: over(R) });
      target.dispose();
      return { loss_R: loss_R as Tensor1D, dLogits_RV: dLogits_RV as Tensor2D };
    },
  };
}

function elementwiseKernels(gpu: GpuLauncher): Pick<Kernels, 'gated' | 'gatedGradients' | 'rotate' | 'scatter'> {
  return {
    gated(gate_NF, up_NF) {
      const { shape, size } = gate_NF;
      if (size === 0) return tf.zeros(shape);
      const call = { outputs: [shape], inputs: [gate_NF, up_NF], parameters: [size], groups: gpu.cover(size) };
      return gpu.run(elementwise.gated, call)[0];
    },
    gatedGradients(dInner_NF, gate_NF, up_NF) {
      const { shape, size } = gate_NF;
      const outputs = [shape, shape, shape];
      if (size === 0) return outputs.map((empty) => tf.zeros(empty)) as [Tensor, Tensor, Tensor];
      const inputs = [dInner_NF, gate_NF, up_NF];
      const call = { outputs, inputs, parameters: [size], groups: gpu.cover(size) };
      return gpu.run(elementwise.gatedGradients, call) as [Tensor, Tensor, Tensor];
    },
    rotate(x_BTHd, tables, direction) {
      const { shape, size } = x_BTHd;
      if (size === 0) return tf.zeros(shape);
      const parameters = [size / 2, shape[2], shape[3] / 2, direction];
      const call = { outputs: [shape], inputs: [x_BTHd, ...tables], parameters, groups: gpu.cover(size / 2) };
      return gpu.run(elementwise.rotary, call)[0] as Tensor4D;
    },
    scatter(source, at, shape) {
      const size = sizeOf(shape);
      if (source.size === 0 || size === 0) return tf.zeros([...shape]);
      const lists = sourcesOf(at, shape[0]).map((list) => tf.tensor1d(list, 'int32'));
      const parameters = [size, size / shape[0]];
      const call = { outputs: [shape], inputs: [source, ...lists], parameters, groups: gpu.cover(size) };
      const [sum] = gpu.run(elementwise.scatter, call);
      tf.dispose(lists);
      return sum;
    },
  };
}

/** Which of the rows go to each target, in their order: where a target's list starts, and the lists. */
function sourcesOf(at: ArrayLike<number>, targets: number): Int32Array[] {
  const starts = new Int32Array(targets + 1);
  for (let row = 0; row < at.length; row++) starts[at[row] + 1] += 1;
  for (let target = 0; target < targets; target++) starts[target + 1] += starts[target];
  const next = starts.slice();
  const order = new Int32Array(at.length);
  for (let row = 0; row < at.length; row++) order[next[at[row]]++] = row;
  return [starts, order];
}

function optimizerKernels(gpu: GpuLauncher): Pick<Kernels, 'adamw' | 'sumOfSquares'> {
  return {
    adamw: (slots, options) => slots.map((slot) => adamwOne(gpu, slot, options)),
    sumOfSquares(tensors) {
      const filled = tensors.filter(({ size }) => size > 0);
      const counts = filled.map(({ size }) => Math.ceil(size / elementwise.SQUARES_OF_A_THREAD));
      const total = counts.reduce((sum, count) => sum + count, 0);
      if (total === 0) return 0;
      const sums = gpu.make([total]);
      let first = 0;
      for (const [index, x] of filled.entries()) {
        const parameters = [counts[index], x.size, first];
        gpu.run(elementwise.squares, { outputs: [sums], inputs: [x], parameters, groups: gpu.cover(counts[index]) });
        first += counts[index];
      }
      // In float64 from here on: what a thread adds up is short, so small squares are not lost beside large ones.
      const parts = sums.dataSync() as Float32Array;
      sums.dispose();
      return parts.reduce((sum, part) => sum + part, 0);
    },
  };
}

function adamwOne(gpu: GpuLauncher, slot: AdamWSlot, options: AdamWOptions): AdamWResult {
  const { weight, gradient, moment1, moment2 } = slot;
  const { shape, size } = weight;
  if (size === 0) return { weight: tf.zeros(shape), moment1: tf.zeros(shape), moment2: tf.zeros(shape) };
  const { learningRate, beta1, beta2, epsilon, weightDecay, step, gradientScale } = options;
  const rates = [learningRate / (1 - beta1 ** step), 1 / (1 - beta2 ** step), epsilon, 1 - learningRate * weightDecay];
  const parameters = [size, gradientScale, beta1, 1 - beta1, beta2, 1 - beta2, ...rates];
  const inputs = [weight, gradient, moment1, moment2];
  const call = { outputs: [shape, shape, shape], inputs, parameters, groups: gpu.cover(size) };
  const [newWeight, newMoment1, newMoment2] = gpu.run(elementwise.adamw, call);
  return { weight: newWeight, moment1: newMoment1, moment2: newMoment2 };
}
