// Kernels that give the same values under another shape.
import { tf } from '../../tensor.ts';
import type { TensorInfo } from '../../tfjs/internals.ts';
import type { NativeBackend } from '../backend.ts';
import { defineKernel, sizeOf } from './kernel.ts';

/** The same buffer under another shape. */
export function view(backend: NativeBackend, x: TensorInfo, shape: readonly number[]): TensorInfo {
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape: shape as number[], dtype: x.dtype };
}

/** A shape with an axis of length 1 more; a negative axis counts from the end. */
export function withAxis(shape: readonly number[], axis: number): number[] {
  const rank = shape.length;
  tf.util.assert(axis >= -(rank + 1) && axis <= rank, () => `Axis must be in the interval [${-(rank + 1)}, ${rank}]`);
  return shape.toSpliced(axis < 0 ? rank + axis + 1 : axis, 0, 1);
}

/** Reshape and its relatives. */
export const VIEW_KERNELS = [
  defineKernel('Identity', ({ inputs: { x }, backend }) => view(backend, x, x.shape)),
  defineKernel('Reshape', ({ inputs: { x }, attrs, backend }) => {
    const size = sizeOf(x.shape);
    const shape = tf.util.inferFromImplicitShape(attrs.shape, size);
    tf.util.assert(size === sizeOf(shape), () => `a shape for ${size} values, got [${shape}]`);
    return view(backend, x, shape);
  }),
  defineKernel('ExpandDims', ({ inputs: { input }, attrs, backend }) =>
    view(backend, input, withAxis(input.shape, attrs.dim)),
  ),
];
