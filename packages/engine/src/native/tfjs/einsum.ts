// Einstein summation, as a chain of broadcast products and sums.
import { tf } from '../../tensor.ts';
import type { TensorInfo } from '../../tfjs/internals.ts';
import type { NativeBackend } from '../backend.ts';
import { productOf } from './binary.ts';
import { defineKernel, type KernelCall, listOf } from './kernel.ts';
import { totalOf } from './reduce.ts';
import { transposed } from './shape.ts';
import { view } from './view.ts';

/** A tensor with its axes in the order of the equation's letters, and axes of length 1 for letters that it lacks. */
function aligned(backend: NativeBackend, x: TensorInfo, numLeft: number, letters: number[]): TensorInfo {
  const { permutationIndices, expandDims } = tf.backend_util.getEinsumPermutation(numLeft, letters);
  const isOrdered = tf.backend_util.isIdentityPermutation(permutationIndices);
  const ordered = isOrdered ? view(backend, x, x.shape) : (transposed(backend, x, permutationIndices) as TensorInfo);
  const shape = [...ordered.shape];
  for (const axis of expandDims) shape.splice(axis, 0, 1);
  return { ...ordered, shape };
}

/** Runs a step on a running product, which it frees. */
function replaced(backend: NativeBackend, x: TensorInfo, step: (x: TensorInfo) => TensorInfo): TensorInfo {
  try {
    return step(x);
  } finally {
    backend.disposeInfo(x);
  }
}

function einsum({ inputs, attrs: { equation }, backend }: KernelCall): TensorInfo | undefined {
  const tensors = listOf(inputs);
  if (tensors.some(({ dtype }) => dtype !== 'float32')) return undefined;
  const { allDims, summedDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, tensors.length);
  tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors as unknown as tf.Tensor[]);
  const { path, steps } = tf.backend_util.getEinsumComputePath(summedDims, idDims);
  let out: TensorInfo | undefined;
  let numLeft = allDims.length;
  for (const [index, terms] of steps.entries()) {
    for (const term of terms) {
      const factor = aligned(backend, tensors[term], numLeft, idDims[term]);
      const before = out;
      out =
        before === undefined
          ? factor
          : replaced(backend, factor, (x) => replaced(backend, before, (y) => productOf(backend, x, y)));
    }
    if (index === steps.length - 1) break;
    const axis = path[index] - (allDims.length - numLeft);
    if (path[index] >= 0) out = replaced(backend, out as TensorInfo, (x) => totalOf(backend, x, [axis]));
    numLeft--;
  }
  return out;
}

/** Einstein summation. */
export const EINSUM_KERNELS = [defineKernel('Einsum', einsum)];
