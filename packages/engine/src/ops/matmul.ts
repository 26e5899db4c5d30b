// M rows, K inner axis, N columns, P matrices in a batch.
import { shapeMismatch } from '../errors.ts';
import type { Tensor } from '../tensor.ts';
import { differentiable, ofNothing } from '../tfjs/differentiable.ts';
import { alias } from '../tfjs/internals.ts';
import type { Kernels, ProductOptions } from './kernels.ts';

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
  const times = (left: Tensor, right: Tensor, options?: ProductOptions): Tensor => {
    if (P !== 1) return kernels.batchProduct(left, right, options);
    const [x, y] = [left, right].map((side) => alias(side, side.shape.slice(-2)));
    return kernels.product(x, y, options);
  };
  const batch = (x: Tensor, rows: number, columns: number) => alias(x, [P, rows, columns]);
  if (P === 0) return ofNothing('matmul', [a, b], [...leading, M, N]);
  return differentiable<T>(
    'matmul',
    [a, b],
    (save) => {
      save(a);
      save(b);
      return alias<T>(times(batch(a, M, K), batch(b, K, N)), [...leading, M, N]);
    },
    (dy, [left, right], needs) => {
      const d = batch(dy, M, N);
      return [
        needs[0] ? alias(times(d, batch(right, K, N), { transposeB: true }), a.shape) : undefined,
        needs[1] ? alias(times(batch(left, M, K), d, { transposeA: true }), b.shape) : undefined,
      ];
    },
  );
}
