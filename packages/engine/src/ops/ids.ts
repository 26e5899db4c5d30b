import type { Tensor } from '../tensor.ts';
import { hostRead } from '../tfjs/host.ts';
import { tfjsEngine } from '../tfjs/internals.ts';
import type { Kernels } from './kernels.ts';

/** Token ids of an int32 tensor; not to be written to. They are wanted on the host, and few of them ever leave it. */
export const idsOf = (kernels: Kernels, x: Tensor): Int32Array =>
  kernels.ids?.(x) ?? hostRead([x], (ids) => new Int32Array(ids));

/** Whether all of these hold whole numbers. */
export function areIds(parts: readonly Tensor[]): boolean {
  for (const { dtype } of parts) if (dtype !== 'int32') return false;
  return true;
}

/**
 * Ids of several tensors in one, joined on the host: the first row of each, then the second of each.
 *
 * @param rows - equal parts that each tensor is taken as
 * @param shape - of the result
 */
export function joinedIds<T extends Tensor>(
  kernels: Kernels,
  parts: readonly Tensor[],
  rows: number,
  shape: readonly number[],
): T {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const ids = new Int32Array(size);
  const width = rows === 0 ? 0 : size / rows;
  let begin = 0;
  for (const part of parts) {
    const own = idsOf(kernels, part);
    const length = rows === 0 ? 0 : own.length / rows;
    for (let row = 0; row < rows; row++) {
      for (let index = 0; index < length; index++) ids[row * width + begin + index] = own[row * length + index];
    }
    begin += length;
  }
  return tfjsEngine().makeTensor(ids, shape, 'int32') as T;
}
