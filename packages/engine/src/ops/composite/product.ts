// M rows, K inner axis, N columns, P matrices in a batch.
import { type Tensor, tf } from '../../tensor.ts';
import { alias, kernel } from '../../tfjs/internals.ts';
import { fitsPacked } from '../../tfjs/packed-weights.ts';
import { tidy } from '../../tfjs/scopes.ts';
import type { Kernels, ProductOptions } from '../kernels.ts';
import { cut, transpose } from './blocks.ts';

const FLAGS = { transposeA: false, transposeB: false };

/** The one product that is fast on every backend: two matrices, neither transposed. */
function plainProduct(a: Tensor, b: Tensor): Tensor {
  const [M, K] = a.shape as [number, number];
  const N = b.shape[1] as number;
  if (M === 0 || K === 0 || N === 0) return tf.zeros([M, N]);
  if (fitsPacked(b.dataId, N)) return kernel('BatchMatMul', { a, b }, FLAGS);
  // A buffer of its own: tfjs' identity copies on wasm, where buffers are packed.
  const copy = kernel<Tensor>('Identity', { x: b });
  const result = kernel<Tensor>('BatchMatMul', { a, b: copy }, FLAGS);
  copy.dispose();
  return result;
}

/** Products by way of {@link plainProduct}, with transposes and cuts of the engine's own. */
export function productsOf(own: Pick<Kernels, 'transpose' | 'cut'>): Pick<Kernels, 'product' | 'batchProduct'> {
  const turned = (x: Tensor, isTurned = false): Tensor => {
    if (!isTurned) return x;
    const [rows, columns] = x.shape;
    return rows === 1 || columns === 1 ? alias(x, [columns, rows]) : own.transpose(x);
  };
  const product = (a: Tensor, b: Tensor, options: ProductOptions = {}): Tensor => {
    let y = plainProduct(turned(a, options.transposeA), turned(b, options.transposeB));
    for (const term of [options.bias_N, options.residual_MN]) if (term) y = kernel('Add', { a: y, b: term });
    return y;
  };
  const matrixOf = (x_P: Tensor, index: number): Tensor => alias(own.cut(x_P, 0, index, 1), x_P.shape.slice(1));
  // tfjs' own batched product is slow on wasm, and wrong where it broadcasts.
  const batchProduct = (a: Tensor, b: Tensor, options: ProductOptions = {}): Tensor =>
    tf.stack(
      Array.from({ length: a.shape[0] }, (_, index) =>
        tidy(() => product(matrixOf(a, index), matrixOf(b, index), options)),
      ),
    );
  return { product, batchProduct };
}

export const { product, batchProduct } = productsOf({ transpose, cut });
