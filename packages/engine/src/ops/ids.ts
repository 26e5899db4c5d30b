import type { Tensor } from '../tensor.ts';
import { hostRead } from '../tfjs/host.ts';
import { tfjsEngine } from '../tfjs/internals.ts';
import type { Kernels } from './kernels.ts';

/** Token ids of an int32 tensor; not to be written to. They are wanted on the host, and few of them ever leave it. */
export const idsOf = (kernels: Kernels, x: Tensor): Int32Array =>
  kernels.ids?.(x) ?? hostRead([x], (ids) => new Int32Array(ids));

/**
 * Ids of tensors of one shape, stacked on the host: the first row of each, then the second of each.
 *
 * @param rows - equal parts that each tensor is taken as
 * @param shape - of the result
 */
export function stackedIds<T extends Tensor>(
  kernels: Kernels,
  parts: readonly Tensor[],
  rows: number,
  shape: readonly number[],
): T {
  const count = parts.length;
  const width = parts[0].size / rows;
  const ids = new Int32Array(count * parts[0].size);
  for (let at = 0; at < count; at++) {
    const own = idsOf(kernels, parts[at]);
    for (let row = 0; row < rows; row++) {
      for (let index = 0; index < width; index++) ids[(row * count + at) * width + index] = own[row * width + index];
    }
  }
  return tfjsEngine().makeTensor(ids, shape, 'int32') as T;
}
