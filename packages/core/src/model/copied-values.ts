import type { Tensor } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';

/** A weight that starts with another's values. */
export interface Copy {
  /** Full name of the weight that is copied. */
  readonly source: string;
  /** Which of its columns, in this order; absent: all. */
  readonly columns?: readonly number[];
}

/**
 * Values of a weight, or of some of its columns, on the host. A copy in memory of its own: the optimizer updates in place.
 *
 * @param columns - indices into the last axis
 * @param shape - what the copy was asked for with
 * @throws PARAMETER_INVALID if the copy has another shape, or a column is not there
 */
export function copiedValues(
  source: Tensor,
  columns: readonly number[] | undefined,
  shape: readonly number[],
  fullName: string,
): Float32Array {
  const width = source.shape[source.rank - 1];
  const picked = columns ?? Array.from({ length: width }, (_, column) => column);
  const wanted = [...source.shape.slice(0, -1), picked.length];
  const refuse = (sentence: string) => new ForetokenError('PARAMETER_INVALID', `parameter "${fullName}": ${sentence}`);
  if (wanted.join() !== shape.join())
    throw refuse(`the copy has shape [${wanted}], was asked for as [${shape}]. Ask for that shape.`);
  const strange = picked.find((column) => !Number.isInteger(column) || column < 0 || column >= width);
  if (strange !== undefined)
    throw refuse(`columns to copy must be integers from 0 to ${width - 1}, one was ${strange}.`);
  const values = source.dataSync();
  const copy = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < copy.length; i++) {
    const row = Math.floor(i / picked.length);
    copy[i] = values[row * width + picked[i % picked.length]];
  }
  return copy;
}
