import { shapeMismatch } from '../errors.ts';
import { type Tensor, tf } from '../tensor.ts';
import { alias, tfjsEngine } from '../tfjs/internals.ts';
import type { Ops } from './contract.ts';

function constant<T extends Tensor>(
  values: Float32Array | Int32Array | readonly number[],
  shape: readonly number[],
): T {
  let size = 1;
  for (const length of shape) size *= Number.isInteger(length) && length >= 0 ? length : Number.NaN;
  if (size !== values.length)
    throw shapeMismatch('constant', `${size} values for shape [${shape}]`, `${values.length}`);
  // A copy: tfjs' cpu backend would go on using the caller's array.
  const engine = tfjsEngine();
  if (values instanceof Int32Array) return engine.makeTensor(values.slice(), [...shape], 'int32') as T;
  const floats = values instanceof Float32Array ? values.slice() : Float32Array.from(values);
  return engine.makeTensor(floats, [...shape], 'float32') as T;
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
