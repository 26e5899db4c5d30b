import { ForetokenError } from '../../errors.ts';
import type { tf } from '../../tensor.ts';
import type { TensorInfo } from '../../tfjs/internals.ts';
import type { NativeBackend } from '../backend.ts';

/** Inputs and attributes of one kernel call. */
export interface KernelCall {
  readonly inputs: { readonly [name: string]: TensorInfo };
  // tfjs types attributes per kernel; each kernel here names those that it reads.
  // biome-ignore lint/suspicious/noExplicitAny: the shape of the attributes depends on the kernel
  readonly attrs: any;
  readonly backend: NativeBackend;
}

/** What a kernel gives; undefined leaves the call to tfjs' cpu backend: another type of values than it is made for. */
export type KernelResult = TensorInfo | TensorInfo[] | undefined;

/** A tfjs kernel of the native backend. */
export interface NativeKernel {
  readonly kernelName: string;
  readonly run: (call: KernelCall) => KernelResult;
}

/** A tfjs kernel in this backend's own terms. */
export function defineKernel(kernelName: string, run: (call: KernelCall) => KernelResult): NativeKernel {
  return { kernelName, run };
}

/** The inputs of a kernel that takes a list. */
export const listOf = (inputs: KernelCall['inputs']): readonly TensorInfo[] =>
  inputs as unknown as readonly TensorInfo[];

/** The number by which the addon knows a type; undefined for strings and complex numbers. */
export function typeOf(dtype: tf.DataType): number | undefined {
  if (dtype === 'float32') return 0;
  if (dtype === 'int32') return 1;
  return dtype === 'bool' ? 2 : undefined;
}

/** The addon's number of the type that all of these tensors have; undefined if they differ or it has none. */
export function typeOfAll(tensors: readonly TensorInfo[]): number | undefined {
  const [{ dtype }] = tensors;
  return tensors.every((tensor) => tensor.dtype === dtype) ? typeOf(dtype) : undefined;
}

/** Values of a tensor of this shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Distance between neighbours along each axis of a whole tensor. */
export function stepsOf(shape: readonly number[]): number[] {
  const steps = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    steps[axis] = step;
    step *= shape[axis];
  }
  return steps;
}

/** Whether two shapes are the same. */
export function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

/**
 * Sizes and steps as the addon takes them.
 * @throws ENGINE_MISUSE for one that 32 bits do not hold, rather than wrapping around
 */
export function intsOf(values: readonly number[]): Int32Array {
  const ints = Int32Array.from(values);
  const wrapped = values.findIndex((value, index) => value !== ints[index]);
  if (wrapped < 0) return ints;
  throw new ForetokenError(
    'ENGINE_MISUSE',
    `native: tensors have 2^31 values at most, got a step of ${values[wrapped]}. Use a smaller batch or context.`,
  );
}
