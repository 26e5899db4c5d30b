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

/** A tfjs kernel in this backend's own terms. */
export function defineKernel(
  kernelName: string,
  run: (call: KernelCall) => TensorInfo | TensorInfo[],
): Omit<tf.KernelConfig, 'backendName'> {
  return { kernelName, kernelFunc: run as unknown as tf.KernelConfig['kernelFunc'] };
}
