// N rows, V vocabulary.
import { ForetokenError, shapeMismatch } from '../errors.ts';
import { type Tensor, type Tensor1D, type Tensor2D, tf } from '../tensor.ts';
import { tidy } from '../tfjs/scopes.ts';
import type { Kernels } from './kernels.ts';

/** The largest values of the last axis, best first, and their indices. */
export function topK<T extends Tensor>(x: Tensor, count: number): { values: T; indices: T } {
  const width = x.shape.at(-1) ?? 0;
  if (!Number.isInteger(count) || count < 0 || count > width) {
    throw shapeMismatch('topK', `a count in [0, ${width}] for x [${x.shape}]`, `${count}`);
  }
  return tidy(() => {
    if (x.size === 0 || count === 0) {
      const shape = x.shape.with(-1, count);
      return { values: tf.zeros(shape) as Tensor as T, indices: tf.zeros(shape, 'int32') as Tensor as T };
    }
    const { values, indices } = tf.topk(x, count);
    return { values: values as T, indices: indices as T };
  });
}

/** One token id a row, drawn from the softmax of its logits. */
export function sample(kernels: Kernels, logits_NV: Tensor2D, uniform_N: ArrayLike<number>, temperature = 1): Tensor1D {
  const [N, V] = logits_NV.shape;
  if (logits_NV.shape.length !== 2 || V === 0 || uniform_N.length !== N) {
    const got = `[${logits_NV.shape}] and ${uniform_N.length} numbers`;
    throw shapeMismatch('sample', 'logits [N,V] with V >= 1 and a number for each row', got);
  }
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new ForetokenError(
      'ENGINE_MISUSE',
      `sample: the temperature is above 0, got ${temperature}; use argmax for 0.`,
    );
  }
  const numbers = Float32Array.from(uniform_N);
  const bad = numbers.findIndex((number) => !(number >= 0 && number < 1));
  if (bad >= 0)
    throw new ForetokenError(
      'ENGINE_MISUSE',
      `sample: numbers are in [0, 1), got ${numbers[bad]} in row ${bad}. Take them from a random stream.`,
    );
  return kernels.sample(logits_NV, numbers, temperature);
}
