// D width, H attention heads, d width of one attention head, R rows of a block, V vocabulary.
import { adamwStep } from '../loops/adamw.ts';
import type { Attender } from '../loops/attend.ts';
import { addRows, copyBlock, copyRows } from '../loops/blocks.ts';
import { crossEntropy } from '../loops/cross-entropy.ts';
import { rmsNormGradients, rmsNormRows } from '../loops/rms-norm.ts';
import { rotate } from '../loops/rotary.ts';
import { transposeMatrix } from '../loops/transpose.ts';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '../tensor.ts';
import { hostCompute, hostComputeOne, hostRead } from '../tfjs/host.ts';
import { ancestorPass } from './ancestor-attention.ts';
import { attendCached } from './cached-attention.ts';
import { createStore } from './composite/attention.ts';
import { gated, gatedGradients, silu } from './composite/gated.ts';
import { productsOf } from './composite/product.ts';
import { sample } from './composite/sample.ts';
import type { AdamWOptions, AdamWSlot } from './engine-ops.ts';
import type { Kernels } from './kernels.ts';
import { softmaxOf } from './reduce.ts';
import { attentionBy, unrolledAttentionBy } from './unrolled-attention.ts';

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

function transpose(x_MN: Tensor): Tensor {
  const [M, N] = x_MN.shape;
  return hostComputeOne([x_MN], [N, M], (out, values) => transposeMatrix(values, out, M, N));
}

function cut(x: Tensor, axis: number, begin: number, size: number): Tensor {
  const inner = sizeOf(x.shape.slice(axis + 1));
  const rows = sizeOf(x.shape.slice(0, axis));
  return hostComputeOne([x], x.shape.with(axis, size), (out, values) => {
    copyBlock(values, begin * inner, x.shape[axis] * inner, out, 0, size * inner, rows, size * inner);
  });
}

function place(block: Tensor, shape: readonly number[], axis: number, begin: number): Tensor {
  const inner = sizeOf(shape.slice(axis + 1));
  const rows = sizeOf(shape.slice(0, axis));
  const width = block.shape[axis] * inner;
  return hostComputeOne([block], shape, (out, values) => {
    out.fill(0);
    copyBlock(values, 0, width, out, begin * inner, shape[axis] * inner, rows, width);
  });
}

function gather(x: Tensor, rows: ArrayLike<number>, leading: readonly number[] = [rows.length]): Tensor {
  const row = x.shape.slice(1);
  const width = sizeOf(row);
  return hostComputeOne([x], [...leading, ...row], (out, values) => copyRows(values, rows, out, width));
}

function scatter(rows: Tensor, at: ArrayLike<number>, shape: readonly number[]): Tensor {
  return hostComputeOne([rows], shape, (out, values) => {
    out.fill(0);
    addRows(values, at, out, sizeOf(shape.slice(1)));
  });
}

function crossEntropyOf(logits_RV: Tensor, target_R: Int32Array) {
  const [R, V] = logits_RV.shape;
  const probabilities_RV = softmaxOf(logits_RV);
  const inputs = [probabilities_RV, logits_RV];
  const [loss_R, dLogits_RV] = hostCompute(inputs, [[R], [R, V]], ([loss, flow], [probabilities, logits]) => {
    crossEntropy(loss, flow, probabilities, logits, target_R, V);
  });
  probabilities_RV.dispose();
  return { loss_R: loss_R as Tensor1D, dLogits_RV: dLogits_RV as Tensor2D };
}

function adamwOne({ weight, gradient, moment1, moment2 }: AdamWSlot, options: AdamWOptions) {
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
}

/** In float64, tensor after tensor. */
function sumOfSquares(tensors: readonly Tensor[]): number {
  let total = 0;
  for (const tensor of tensors) {
    total += hostRead([tensor], (values) => {
      let sum = 0;
      for (let at = 0; at < values.length; at++) sum += values[at] * values[at];
      return sum;
    });
  }
  return total;
}

const ancestors = ancestorPass();

const ofHost: Omit<Kernels, 'cachedAttention' | 'linear' | 'gatedMlp'> = Object.freeze({
  ...productsOf({ transpose, cut }),
  transpose,
  cut,
  place,
  gather,
  scatter,
  rmsNorm: (x: Tensor, gain_D: Tensor, epsilon: number) =>
    hostComputeOne([x, gain_D], x.shape, (y, values, gains) => rmsNormRows(y, values, gains, epsilon)),
  rmsNormGradients: (dy: Tensor, x: Tensor, gain_D: Tensor, epsilon: number, scale: number) =>
    hostCompute([dy, x, gain_D], [x.shape, gain_D.shape], ([dx, dGain_D], [flow, values, gains]) => {
      rmsNormGradients(dx, dGain_D, flow, values, gains, epsilon, scale);
    }),
  rotate: (x: Tensor4D, tables: readonly Tensor[], direction: 1 | -1) => {
    const [, , H, d] = x.shape;
    return hostComputeOne<Tensor4D>([x, ...tables], x.shape, (y, values, cos, sin) => {
      rotate(y, values, cos, sin, H, d, direction);
    });
  },
  crossEntropy: crossEntropyOf,
  sample,
  silu,
  gated,
  gatedGradients,
  adamw: (slots: readonly AdamWSlot[], options: AdamWOptions) => slots.map((slot) => adamwOne(slot, options)),
  sumOfSquares,
  attention: attentionBy(ancestors),
  unrolledAttention: unrolledAttentionBy(ancestors),
  createStore,
});

/**
 * Kernels of engines whose tensors lie in host memory: plain loops over it, without a copy.
 * @param attender - carries out attention with a past
 */
export function hostKernels(attender: Attender): Omit<Kernels, 'linear' | 'gatedMlp'> {
  return {
    ...ofHost,
    cachedAttention: (q, k, v, at, store, sizes) => attendCached(attender, q, k, v, at, store, sizes),
  };
}
