import { shapeMismatch } from '../errors.ts';
import { type Tensor, tf } from '../tensor.ts';
import { alias, copied, tfjsEngine } from '../tfjs/internals.ts';
import type { Ops } from './contract.ts';

function constant<T extends Tensor>(
  values: Float32Array | Int32Array | readonly number[],
  shape: readonly number[],
): T {
  let size = 1;
  let isShape = true;
  for (const length of shape) {
    size *= length;
    if (!Number.isInteger(length) || length < 0) isShape = false;
  }
  if (!isShape || size !== values.length) {
    const expected = isShape ? `${size} values for shape [${shape}]` : 'a shape of whole lengths >= 0';
    throw shapeMismatch('constant', expected, isShape ? `${values.length}` : `[${shape}]`);
  }
  if (values instanceof Int32Array || values instanceof Float32Array) return copied<T>(values, [...shape]);
  return tfjsEngine().makeTensor(Float32Array.from(values), [...shape], 'float32') as T;
}

/** Constants of {@link Ops}. */
export const creating = {
  constant,
  zeros: <T extends Tensor>(shape: readonly number[]): T => tf.zeros([...shape]) as Tensor as T,
  ones: <T extends Tensor>(shape: readonly number[]): T => tf.ones([...shape]) as Tensor as T,
  full: <T extends Tensor>(shape: readonly number[], value: number): T => tf.fill([...shape], value) as Tensor as T,
  /** Off the tape, so that no gradient finds a way through. */
  stopGradient: <T extends Tensor>(x: T): T => alias<T>(x),
} satisfies Partial<Ops>;
