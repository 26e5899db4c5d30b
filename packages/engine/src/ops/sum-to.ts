// M leading values to be summed, N trailing ones to be kept.
import { type Tensor, type Tensor2D, tf } from '../tensor.ts';
import { alias, kernel } from '../tfjs/internals.ts';

/**
 * Sums what broadcasting repeated, so that a gradient gets its operand's shape back.
 * @returns a tensor of its own, even where nothing is summed
 */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  if (tf.util.arraysEqual(x.shape, [...shape])) return alias(x);
  // tfjs' wasm leaves the sums of nothing unwritten.
  if (x.size === 0) return tf.zeros([...shape]);
  const missing = x.shape.length - shape.length;
  const isSuffix = shape.every((size, axis) => size === x.shape[missing + axis]);
  if (isSuffix) return sumLeading(x, shape);
  const axes = x.shape.flatMap((size, axis) =>
    axis < missing || (shape[axis - missing] === 1 && size !== 1) ? [axis] : [],
  );
  return tf.reshape(tf.sum(x, axes), [...shape]);
}

/**
 * Sums over the leading axes down to a trailing shape.
 *
 * By a product with a row of ones: tfjs' own sum over a leading axis is ten times slower on wasm.
 */
export function sumLeading(x: Tensor, shape: readonly number[]): Tensor {
  const N = tf.util.sizeFromShape([...shape]);
  const M = N === 0 ? 0 : x.size / N;
  if (x.size === 0) return tf.zeros([...shape]);
  const rows = alias<Tensor2D>(x, [M, N]);
  const sum = kernel<Tensor>('BatchMatMul', { a: tf.ones([1, M]), b: rows }, { transposeA: false, transposeB: false });
  return alias(sum, shape);
}
