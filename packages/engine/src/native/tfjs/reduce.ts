// Kernels over axes.
import { tf } from '../../tensor.ts';
import type { TensorInfo } from '../../tfjs/internals.ts';
import type { NativeBackend } from '../backend.ts';
import { defineKernel, type NativeKernel, sizeOf, typeOf } from './kernel.ts';
import { transposed } from './shape.ts';

/** In the order of the addon's numbers. */
const REDUCTIONS = ['Sum', 'Mean', 'Prod', 'Max', 'Min', 'ArgMax', 'ArgMin'];

/** A tensor as [outer, along, inner]; `isLast` where no axis lies inside, whatever its size. */
interface Split {
  readonly outer: number;
  readonly along: number;
  readonly inner: number;
  readonly isLast: boolean;
}

function splitAt(shape: readonly number[], first: number, count: number): Split {
  const end = first + count;
  return {
    outer: sizeOf(shape.slice(0, first)),
    along: sizeOf(shape.slice(first, end)),
    inner: sizeOf(shape.slice(end)),
    isLast: end === shape.length,
  };
}

/** Runs `work` on a tensor whose reduced axes follow each other: the tensor itself, or a transposed copy for the time. */
function withAxesTogether(
  backend: NativeBackend,
  x: TensorInfo,
  axes: readonly number[],
  work: (x: TensorInfo, split: Split) => TensorInfo,
): TensorInfo {
  if (axes.length === 0) return work(x, splitAt(x.shape, x.shape.length, 0));
  if (axes.every((axis, index) => axis === axes[0] + index)) return work(x, splitAt(x.shape, axes[0], axes.length));
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const copy = transposed(backend, x, [...kept, ...axes]) as TensorInfo;
  try {
    return work(copy, splitAt(copy.shape, kept.length, axes.length));
  } finally {
    backend.disposeInfo(copy);
  }
}

interface ReductionOptions {
  readonly operands: readonly tf.DataType[];
  readonly result?: (operand: tf.DataType) => tf.DataType;
  /** The addon's reduction, where the kernel has another name. */
  readonly as?: string;
  readonly axis?: string;
}

/** The sum over the axes of a float32 tensor. */
export const totalOf = (backend: NativeBackend, x: TensorInfo, axes: readonly number[]): TensorInfo =>
  reduced(backend, REDUCTIONS.indexOf('Sum'), x, axes, 'float32', false);

function reduced(
  backend: NativeBackend,
  reduction: number,
  x: TensorInfo,
  axes: readonly number[],
  dtype: tf.DataType,
  keepDims: boolean,
): TensorInfo {
  const shape = keepDims
    ? x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : x.shape.filter((_, axis) => !axes.includes(axis));
  return withAxesTogether(backend, x, axes, (whole, { outer, along, inner, isLast }) => {
    const { handle } = backend.find(whole.dataId);
    const type = typeOf(x.dtype) as number;
    return backend.adopt(backend.addon.reduce(reduction, type, handle, outer, along, inner, isLast), shape, dtype);
  });
}

function reduction(name: string, { operands, result = (dtype) => dtype, as = name, axis = 'axis' }: ReductionOptions) {
  const operation = REDUCTIONS.indexOf(as);
  return defineKernel(name, ({ inputs: { x }, attrs, backend }) => {
    if (!operands.includes(x.dtype)) return undefined;
    const axes = tf.util.parseAxisParam(attrs[axis], x.shape).sort((a, b) => a - b);
    return reduced(backend, operation, x, axes, result(x.dtype), attrs.keepDims === true);
  });
}

/** Running sums or products; tfjs' axis is one, and those of bools are integers. */
function accumulation(name: string, isProduct: boolean): NativeKernel {
  return defineKernel(name, ({ inputs: { x }, attrs: { axis, exclusive, reverse }, backend }) => {
    const type = typeOf(x.dtype);
    if (type === undefined || x.dtype === 'bool' || x.shape.length === 0) return undefined;
    const [at] = tf.util.parseAxisParam(axis, x.shape);
    const { outer, along, inner, isLast } = splitAt(x.shape, at, 1);
    const { handle } = backend.find(x.dataId);
    const flags = [isLast, exclusive === true, reverse === true] as const;
    const made = backend.addon.accumulate(isProduct, type, handle, outer, along, inner, ...flags);
    return backend.adopt(made, x.shape, x.dtype);
  });
}

/** Softmax or its logarithm over the last axis. */
function softmax(name: string, attribute: string, isLog: boolean): NativeKernel {
  return defineKernel(name, ({ inputs: { logits }, attrs, backend }) => {
    const rank = logits.shape.length;
    const axis = attrs[attribute] < 0 ? attrs[attribute] + rank : attrs[attribute];
    if (logits.dtype !== 'float32' || rank === 0 || axis !== rank - 1) return undefined;
    const { handle, size } = backend.find(logits.dataId);
    const width = logits.shape[rank - 1];
    const rows = width === 0 ? 0 : size / width;
    return backend.adopt(backend.addon.softmax(handle, rows, width, isLog), logits.shape);
  });
}

const ALL: tf.DataType[] = ['float32', 'int32', 'bool'];
const countable = (dtype: tf.DataType): tf.DataType => (dtype === 'bool' ? 'int32' : dtype);

/** Reductions, running sums and softmax. */
export const REDUCE_KERNELS: readonly NativeKernel[] = [
  reduction('Sum', { operands: ALL, result: countable }),
  reduction('Prod', { operands: ALL, result: countable }),
  reduction('Mean', { operands: ALL, result: () => 'float32' }),
  reduction('Max', { operands: ALL, axis: 'reductionIndices' }),
  reduction('Min', { operands: ALL }),
  reduction('Any', { operands: ['bool'], as: 'Max' }),
  reduction('All', { operands: ['bool'], as: 'Min' }),
  ...['ArgMax', 'ArgMin'].map((name) => reduction(name, { operands: ALL, result: () => 'int32' })),
  accumulation('Cumsum', false),
  accumulation('Cumprod', true),
  softmax('Softmax', 'dim', false),
  softmax('LogSoftmax', 'axis', true),
];
