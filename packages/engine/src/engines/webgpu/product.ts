// M rows, K inner axis and N columns of a product, P matrices in a batch.
import type { Kernels, ProductOptions } from '../../ops/kernels.ts';
import { type Tensor, tf } from '../../tensor.ts';
import { type TensorInfo, tfjsEngine } from '../../tfjs/internals.ts';
import type { GpuLauncher } from './launcher.ts';
import { BLOCK, FEW_ROWS, productByBlock, productByColumn } from './shaders/product.ts';

/** Sizes of a product of the last two axes, and the shape of its result. */
function sizesOf(a: Tensor, b: Tensor, { transposeA, transposeB }: ProductOptions) {
  const [left, right] = [a.shape.slice(-2), b.shape.slice(-2)];
  const [M, K] = transposeA ? [left[1], left[0]] : left;
  const N = transposeB ? right[0] : right[1];
  const leading = a.shape.slice(0, -2);
  return { M, K, N, P: leading.reduce((count, size) => count * size, 1), shape: [...leading, M, N] };
}

/** Multiplies the last two axes; the leading ones are equal. No operand may be empty. */
export function multiply(gpu: GpuLauncher, a: Tensor, b: Tensor, options: ProductOptions): TensorInfo[] {
  const { transposeA = false, transposeB = false, bias_N, residual_MN } = options;
  const { M, K, N, P, shape } = sizesOf(a, b, options);
  const isFew = M <= FEW_ROWS;
  const flags = [transposeA, transposeB, bias_N !== undefined, residual_MN !== undefined].map(Number);
  return gpu.compute(isFew ? productByColumn : productByBlock, {
    outputs: [shape],
    inputs: [a, b, bias_N ?? a, residual_MN ?? a],
    parameters: [M, K, N, ...flags],
    groups: [Math.ceil(N / BLOCK), isFew ? 1 : Math.ceil(M / BLOCK), P],
  });
}

/** Products of the WebGPU engine. */
export function productKernels(gpu: GpuLauncher): Pick<Kernels, 'product' | 'batchProduct'> {
  const product = (a: Tensor, b: Tensor, options: ProductOptions = {}): Tensor => {
    const { K, shape } = sizesOf(a, b, options);
    if (shape.includes(0)) return tf.zeros(shape);
    if (K === 0) return withoutInner(shape, options);
    return tfjsEngine().makeTensorFromTensorInfo(multiply(gpu, a, b, options)[0]);
  };
  return { product, batchProduct: product };
}

/** A sum of nothing, and what is added to it. */
function withoutInner(shape: number[], { bias_N, residual_MN }: ProductOptions): Tensor {
  let y: Tensor = tf.zeros(shape);
  for (const term of [bias_N, residual_MN]) if (term) y = tf.add(y, term);
  return y;
}
