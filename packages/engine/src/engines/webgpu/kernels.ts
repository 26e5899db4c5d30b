import type { Kernels } from '../../ops/kernels.ts';
import { attentionKernels } from './attention-kernels.ts';
import { gated, gatedGradients, rotate, scatter } from './elementwise-kernels.ts';
import type { GpuLauncher } from './launcher.ts';
import { adamw, sumOfSquares } from './optimizer-kernels.ts';
import { productKernels } from './product.ts';
import { crossEntropy, rmsNorm, rmsNormGradients } from './row-kernels.ts';

/** Computations of the WebGPU engine in shaders of our own. */
export function webgpuKernels(gpu: GpuLauncher): Partial<Kernels> {
  const on =
    <A extends readonly unknown[], R>(kernel: (gpu: GpuLauncher, ...args: A) => R) =>
    (...args: A): R =>
      kernel(gpu, ...args);
  return {
    ...productKernels(gpu),
    ...attentionKernels(gpu),
    rmsNorm: on(rmsNorm),
    rmsNormGradients: on(rmsNormGradients),
    crossEntropy: on(crossEntropy),
    gated: on(gated),
    gatedGradients: on(gatedGradients),
    rotate: on(rotate),
    scatter: on(scatter),
    adamw: (slots, options) => slots.map((slot) => adamw(gpu, slot, options)),
    sumOfSquares: on(sumOfSquares),
  };
}
