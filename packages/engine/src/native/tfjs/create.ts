// Kernels that make values out of few numbers, and the choice between two tensors.
import { tf } from '../../tensor.ts';
import type { TensorInfo } from '../../tfjs/internals.ts';
import type { NativeBackend } from '../backend.ts';
import { defineKernel, isSameShape, type NativeKernel, sizeOf, typeOf } from './kernel.ts';

/** A tensor of one value; undefined for strings and complex numbers. */
export function filled(
  backend: NativeBackend,
  shape: readonly number[],
  value: number | boolean,
  dtype: tf.DataType,
): TensorInfo | undefined {
  const type = typeOf(dtype);
  if (type === undefined) return undefined;
  return backend.adopt(backend.addon.fill(type, sizeOf(shape), Number(value)), shape, dtype);
}

/** How many values tfjs' range has; none where the step leads away, but that a step of 1 may lead down. */
function lengthOfRange(start: number, stop: number, step: number): number {
  const leadsAway = (start < stop && step < 0) || (stop < start && step > 1);
  return start === stop || leadsAway ? 0 : Math.abs(Math.ceil((stop - start) / step));
}

function ramp(backend: NativeBackend, dtype: tf.DataType, count: number, start: number, step: number) {
  const type = typeOf(dtype);
  if (type === undefined) return undefined;
  return backend.adopt(backend.addon.ramp(type, count, start, step), [count], dtype);
}

/** Values from `t` where a condition holds and from `e` elsewhere; a condition of rank 1 chooses whole rows. */
function select(backend: NativeBackend, condition: TensorInfo, t: TensorInfo, e: TensorInfo): TensorInfo | undefined {
  const type = typeOf(t.dtype);
  if (type === undefined || t.dtype !== e.dtype || condition.dtype !== 'bool') return undefined;
  const flags = backend.find(condition.dataId);
  const [left, right] = [t, e].map(({ dataId }) => backend.find(dataId));
  const isOfRows = condition.shape.length === 1 && condition.shape[0] === t.shape[0];
  if (!isSameShape(t.shape, e.shape) || (flags.size !== left.size && !isOfRows)) return undefined;
  const run = flags.size === left.size ? 1 : sizeOf(t.shape.slice(1));
  if (run === 0) return filled(backend, t.shape, 0, t.dtype);
  const made = backend.addon.select(flags.handle, run, type, left.handle, right.handle, left.size);
  return backend.adopt(made, t.shape, t.dtype);
}

/** Fill, ranges and choices. */
export const CREATE_KERNELS: readonly NativeKernel[] = [
  defineKernel('Fill', ({ attrs: { shape, value, dtype }, backend }) =>
    filled(backend, shape, value, dtype || tf.util.inferDtype(value)),
  ),
  defineKernel('ZerosLike', ({ inputs: { x }, backend }) => filled(backend, x.shape, 0, x.dtype)),
  defineKernel('OnesLike', ({ inputs: { x }, backend }) => filled(backend, x.shape, 1, x.dtype)),
  defineKernel('Range', ({ attrs: { start, stop, step, dtype }, backend }) =>
    ramp(backend, dtype, lengthOfRange(start, stop, step), start, stop < start && step === 1 ? -1 : step),
  ),
  defineKernel('LinSpace', ({ attrs: { start, stop, num }, backend }) =>
    ramp(backend, 'float32', num, start, num > 1 ? (stop - start) / (num - 1) : 0),
  ),
  defineKernel('Select', ({ inputs: { condition, t, e }, backend }) => select(backend, condition, t, e)),
];
