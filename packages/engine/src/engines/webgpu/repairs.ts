// M rows, K inner axis, N columns, P matrices in a batch.
import { type Tensor, tf } from '../../tensor.ts';
import type { TensorInfo } from '../../tfjs/internals.ts';
import type { GpuLauncher } from './launcher.ts';
import { multiply } from './product.ts';
import { toFloat } from './shaders/elementwise.ts';

/** How tfjs calls a kernel. */
interface Call {
  readonly inputs: { readonly [name: string]: Tensor };
  readonly attrs: { readonly [name: string]: unknown };
}

type Kernel = (call: Call) => TensorInfo;

/** Puts kernels of our own in the place of those of tfjs' backend that are wrong, or whose bits depend on other rows. */
export function repairKernels(gpu: GpuLauncher): void {
  replace('Cast', (usual) => castBy(gpu, usual));
  replace('BatchMatMul', (usual) => multiplyBy(gpu, usual));
  replace('Sum', sumOfNothing);
}

function replace(kernelName: string, repaired: (usual: Kernel) => Kernel): void {
  const usual = tf.getKernel(kernelName, 'webgpu').kernelFunc as unknown as Kernel;
  tf.unregisterKernel(kernelName, 'webgpu');
  tf.registerKernel({ kernelName, backendName: 'webgpu', kernelFunc: repaired(usual) as unknown as tf.KernelFunc });
}

const sizeOf = (shape: readonly number[]): number => tf.util.sizeFromShape([...shape]);

/**
 * tfjs' cast of whole numbers and flags to float32 renames the tensor and leaves whole numbers in its buffer; shaders that
 * read it as it is declared are refused, or read nonsense.
 */
const castBy =
  (gpu: GpuLauncher, usual: Kernel): Kernel =>
  (call) => {
    const { x } = call.inputs;
    const size = sizeOf(x.shape);
    if (call.attrs.dtype !== 'float32' || !['int32', 'bool'].includes(x.dtype) || size === 0) return usual(call);
    return gpu.compute(toFloat, { outputs: [x.shape], inputs: [x], parameters: [size], groups: gpu.cover(size) })[0];
  };

/**
 * tfjs chooses between ways of summing by the number of rows, one of them by atomic additions in any order. What it alone does
 * (whole numbers, broadcasting) or refuses stays with it.
 */
const multiplyBy =
  (gpu: GpuLauncher, usual: Kernel): Kernel =>
  (call) => {
    const { a, b } = call.inputs;
    const options = call.attrs as { transposeA: boolean; transposeB: boolean };
    return isOrdinary(a, b, options) ? multiply(gpu, a, b, options)[0] : usual(call);
  };

/** Float32 matrices of one batch shape that fit each other, none of them empty. */
function isOrdinary(a: Tensor, b: Tensor, { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean }) {
  const [innerA, innerB] = [a.shape.at(transposeA ? -2 : -1), b.shape.at(transposeB ? -1 : -2)];
  const isPaired = tf.util.arraysEqual(a.shape.slice(0, -2), b.shape.slice(0, -2)) && innerA === innerB;
  const isFloat = a.dtype === 'float32' && b.dtype === 'float32';
  return isPaired && isFloat && sizeOf(a.shape) > 0 && sizeOf(b.shape) > 0;
}

/** tfjs' sum of an empty tensor asks for a buffer of NaN bytes. */
const sumOfNothing =
  (usual: Kernel): Kernel =>
  (call) => {
    const { x } = call.inputs;
    if (sizeOf(x.shape) > 0) return usual(call);
    const axes = tf.util.parseAxisParam(call.attrs.axis as number[], x.shape);
    const shape = x.shape.flatMap((size, axis) => {
      if (!axes.includes(axis)) return [size];
      return call.attrs.keepDims ? [1] : [];
    });
    return tf.zeros(shape, x.dtype === 'float32' ? 'float32' : 'int32') as unknown as TensorInfo;
  };
