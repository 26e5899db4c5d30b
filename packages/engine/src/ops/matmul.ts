// M rows, K inner axis, N columns, P matrices in a batch.
import { shapeMismatch } from '../errors.ts';
import { type Tensor, tf } from '../tensor.ts';
import { differentiable } from '../tfjs/differentiable.ts';
import { alias, kernel } from '../tfjs/internals.ts';
import { fitsPacked } from '../tfjs/packed-weights.ts';
import { tidy } from '../tfjs/scopes.ts';
import type { Kernels } from './kernels.ts';
import { transposed } from './shape.ts';

const FLAGS = { transposeA: false, transposeB: false };

/**
 * [M,K] x [K,N] off the tape, by the one product that is fast on every backend: two matrices, neither transposed.
 *
 * Each value is summed over K in order, so its bits follow from its row and column alone.
 */
export function product<T extends Tensor>(a: Tensor, b: Tensor): T {
  const [M, K] = a.shape as [number, number];
  const N = b.shape[1] as number;
  if (M === 0 || K === 0 || N === 0) return tf.zeros([M, N]) as Tensor as T;
  if (fitsPacked(b.dataId, N)) return kernel<T>('BatchMatMul', { a, b }, FLAGS);
  // A buffer of its own: tfjs' identity copies on wasm, where buffers are packed.
  const copy = kernel<Tensor>('Identity', { x: b });
  const result = kernel<T>('BatchMatMul', { a, b: copy }, FLAGS);
  copy.dispose();
  return result;
}

/** One matrix of a batch [P,M,N], off the tape. */
function matrixOf(kernels: Kernels, batch_PMN: Tensor, index: number): Tensor {
  return alias(kernels.cut(batch_PMN, 0, index, 1), batch_PMN.shape.slice(1));
}

/** Multiplies batches matrix by matrix, as tfjs' own batched product is slow on wasm and wrong where it broadcasts. */
function batchProduct(kernels: Kernels, a_PMK: Tensor, b_PKN: Tensor, turn: 'none' | 'a' | 'b'): Tensor {
  const P = a_PMK.shape[0];
  const one = (index: number) => {
    const a = matrixOf(kernels, a_PMK, index);
    const b = matrixOf(kernels, b_PKN, index);
    return product(turn === 'a' ? transposed(kernels, a) : a, turn === 'b' ? transposed(kernels, b) : b);
  };
  return tf.stack(Array.from({ length: P }, (_, index) => tidy(() => one(index))));
}

function checkShapes(a: Tensor, b: Tensor): void {
  const rank = a.shape.length;
  const leading = a.shape.slice(0, -2);
  const agree = rank >= 2 && rank === b.shape.length && leading.every((size, axis) => size === b.shape[axis]);
  if (agree && a.shape[rank - 1] === b.shape[rank - 2]) return;
  throw shapeMismatch('matmul', '[..,M,K] and [..,K,N] with equal leading axes', `[${a.shape}] and [${b.shape}]`);
}

/** The product of two matrices, or of two equal batches of matrices. */
export function matmul<T extends Tensor>(kernels: Kernels, a: T, b: T): T {
  checkShapes(a, b);
  const [M, K] = a.shape.slice(-2);
  const N = b.shape[b.shape.length - 1];
  const leading = a.shape.slice(0, -2);
  const P = leading.reduce((count, size) => count * size, 1);
  const times = (left: Tensor, right: Tensor, turn: 'none' | 'a' | 'b'): Tensor => {
    if (P !== 1) return batchProduct(kernels, left, right, turn);
    const [x, y] = [left, right].map((side) => alias(side, side.shape.slice(-2)));
    return product(turn === 'a' ? transposed(kernels, x) : x, turn === 'b' ? transposed(kernels, y) : y);
  };
  const batch = (x: Tensor, rows: number, columns: number) => alias(x, [P, rows, columns]);
  if (P === 0) return tf.zeros([...leading, M, N]) as Tensor as T;
  return differentiable<T>(
    'matmul',
    [a, b],
    (save) => {
      save(a);
      save(b);
      return alias<T>(times(batch(a, M, K), batch(b, K, N), 'none'), [...leading, M, N]);
    },
    (dy, [left, right], needs) => {
      const d = batch(dy, M, N);
      return [
        needs[0] ? alias(times(d, batch(right, K, N), 'b'), a.shape) : undefined,
        needs[1] ? alias(times(batch(left, M, K), d, 'a'), b.shape) : undefined,
      ];
    },
  );
}
