// M rows, K inner axis, N columns, P matrices in a batch.
import type { Kernels, ProductOptions } from '../../ops/kernels.ts';
import { type Tensor, tf } from '../../tensor.ts';
import { kernel } from '../../tfjs/internals.ts';
import { tidy } from '../../tfjs/scopes.ts';

/** Values of which TensorFlow adds up the squares in float32; more would lose small ones beside a large one. */
const RUN = 64;

/** What TensorFlow does better in other calls than those of the composites. */
export function tensorflowKernels(): Partial<Kernels> {
  return { product, batchProduct: product, sumOfSquares };
}

/** TensorFlow takes operands as they lie; composites transpose them first, for wasm. */
function product(a: Tensor, b: Tensor, options: ProductOptions = {}): Tensor {
  const { transposeA = false, transposeB = false, bias_N, residual_MN } = options;
  return tidy(() => {
    const y = kernel<Tensor>('BatchMatMul', { a, b }, { transposeA, transposeB });
    return [bias_N, residual_MN].reduce<Tensor>((sum, term) => (term === undefined ? sum : tf.add(sum, term)), y);
  });
}

/** Sums of the squares of runs of {@link RUN} values, and of what is left over. */
function partialSums(x: Tensor): Tensor[] {
  const whole = Math.floor(x.size / RUN) * RUN;
  const squares = tf.square(tf.reshape(x, [x.size]));
  const runs = tf.sum(tf.reshape(tf.slice(squares, 0, whole), [whole / RUN, RUN]), 1);
  return [runs, tf.sum(tf.slice(squares, whole), 0, true)];
}

/** All tensors in one read; in float64 over the runs. */
function sumOfSquares(tensors: readonly Tensor[]): number {
  if (tensors.length === 0) return 0;
  const parts = tidy(() => tf.concat(tensors.flatMap(partialSums)).dataSync() as Float32Array);
  return parts.reduce((sum, part) => sum + part, 0);
}
