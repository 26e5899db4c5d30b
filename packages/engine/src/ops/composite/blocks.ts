// M rows and N columns of a matrix.
import { type Tensor, tf } from '../../tensor.ts';
import { alias } from '../../tfjs/internals.ts';

/** A matrix transposed. */
export function transpose(x_MN: Tensor): Tensor {
  return tf.transpose(x_MN, [1, 0]);
}

/** The block of `size` indices of one axis. */
export function cut(x: Tensor, axis: number, begin: number, size: number): Tensor {
  const starts = x.shape.map((_, at) => (at === axis ? begin : 0));
  return tf.slice(x, starts, x.shape.with(axis, size));
}

/** Zeros of a shape with one block of an axis filled. */
export function place(block: Tensor, shape: readonly number[], axis: number, begin: number): Tensor {
  const after = shape[axis] - begin - block.shape[axis];
  return tf.pad(
    block,
    shape.map((_, at): [number, number] => (at === axis ? [begin, after] : [0, 0])),
  );
}

/** Rows of the first axis; any may repeat. */
export function gather(x: Tensor, rows: ArrayLike<number>, leading: readonly number[] = [rows.length]): Tensor {
  const shape = [...leading, ...x.shape.slice(1)];
  if (rows.length === 0) return tf.zeros(shape);
  const rows_N = tf.gather(x, tf.tensor1d(Int32Array.from(rows), 'int32'));
  return leading.length === 1 ? rows_N : alias(rows_N, shape);
}

/** Zeros of a shape to which rows are added. */
export function scatter(rows: Tensor, at: ArrayLike<number>, shape: readonly number[]): Tensor {
  if (at.length === 0) return tf.zeros([...shape]);
  return tf.scatterND(tf.tensor2d(Int32Array.from(at), [at.length, 1], 'int32'), rows, [...shape]);
}
