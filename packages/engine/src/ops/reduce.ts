// X a tensor of any shape, kept: the same shape with reduced axes of length 1.
import { type Tensor, tf } from '../tensor.ts';
import { differentiable } from '../tfjs/differentiable.ts';
import { alias, kernel } from '../tfjs/internals.ts';
import type { Ops } from './contract.ts';

interface Axes {
  /** Reduced axes, ascending. */
  readonly axes: number[];
  readonly kept: number[];
  /** Values that go into one result. */
  readonly count: number;
}

function axesOf(x: Tensor, axis: number | readonly number[] | undefined): Axes {
  const axes = tf.util.parseAxisParam(axis as number | number[], x.shape);
  axes.sort((a, b) => a - b);
  const kept = x.shape.map((size, at) => (axes.includes(at) ? 1 : size));
  return { axes, kept, count: axes.reduce((product, at) => product * x.shape[at], 1) };
}

const shaped = (x: Tensor, kept: readonly number[], { axes }: Axes, keepDims: boolean): Tensor =>
  alias(x, keepDims ? kept : kept.filter((_, at) => !axes.includes(at)));

/** A tensor repeated along its axes of length 1. */
const repeated = (x: Tensor, shape: readonly number[]): Tensor => kernel('Add', { a: tf.zeros([...shape]), b: x });

/** A reduction with its axes kept; tfjs' wasm leaves the results of nothing unwritten, and cannot reorder its axes. */
function reduced(name: 'sum' | 'mean' | 'max', x: Tensor, { axes, kept }: Axes): Tensor {
  return x.size === 0 ? tf.fill(kept, name === 'max' ? Number.NEGATIVE_INFINITY : 0) : tf[name](x, axes, true);
}

const minus = (a: Tensor, b: Tensor): Tensor => kernel('Sub', { a, b });
const times = (a: Tensor, b: Tensor): Tensor => kernel('Multiply', { a, b });

function totalled(name: 'sum' | 'mean') {
  return <T extends Tensor>(x: Tensor, axis?: number | readonly number[], keepDims = false): T => {
    const at = axesOf(x, axis);
    return differentiable<T>(
      name,
      [x],
      () => shaped(reduced(name, x, at), at.kept, at, keepDims) as T,
      (dy) => {
        const share = name === 'mean' ? times(dy, tf.scalar(1 / at.count)) : dy;
        return [repeated(alias(share, at.kept), x.shape)];
      },
    );
  };
}

function max<T extends Tensor>(x: Tensor, axis?: number | readonly number[], keepDims = false): T {
  const at = axesOf(x, axis);
  return differentiable<T>(
    'max',
    [x],
    (save) => {
      const largest = reduced('max', x, at);
      save(x);
      save(largest);
      return shaped(largest, at.kept, at, keepDims) as T;
    },
    (dy, [input, largest]) => {
      const isLargest = tf.cast(tf.equal(input, largest), 'float32');
      const share = kernel<Tensor>('RealDiv', { a: alias(dy, at.kept), b: reduced('sum', isLargest, at) });
      return [times(isLargest, share)];
    },
  );
}

const lastAxisSum = (x: Tensor): Tensor => tf.sum(x, -1, true);

/** The largest value of each reduced block and the logarithm of the sum of exponentials, both with reduced axes of length 1. */
function logSumExpOf(x: Tensor, at: Axes): Tensor {
  const largest = reduced('max', x, at);
  const total = reduced('sum', kernel<Tensor>('Exp', { x: minus(x, largest) }), at);
  return kernel('Add', { a: kernel('Log', { x: total }), b: largest });
}

function logSumExp<T extends Tensor>(x: Tensor, axis?: number, keepDims = false): T {
  const at = axesOf(x, axis);
  return differentiable<T>(
    'logSumExp',
    [x],
    (save) => {
      const result = logSumExpOf(x, at);
      save(x);
      save(result);
      return shaped(result, at.kept, at, keepDims) as T;
    },
    (dy, [input, result]) => [times(kernel<Tensor>('Exp', { x: minus(input, result) }), alias(dy, at.kept))],
  );
}

function softmax<T extends Tensor>(x: T): T {
  return differentiable<T>(
    'softmax',
    [x],
    (save) => {
      const y = softmaxOf(x);
      save(y);
      return y as T;
    },
    (dy, [y]) => [times(y, minus(dy, lastAxisSum(times(dy, y))))],
  );
}

/** Softmax over the last axis, off the tape. */
export function softmaxOf(x: Tensor): Tensor {
  const width = x.shape[x.shape.length - 1];
  const rows = alias(x, [width === 0 ? 0 : x.size / width, width]);
  return x.size === 0 ? alias(x) : alias(kernel('Softmax', { logits: rows }, { dim: 1 }), x.shape);
}

function logSoftmax<T extends Tensor>(x: T): T {
  return differentiable<T>(
    'logSoftmax',
    [x],
    (save) => {
      const y = minus(x, logSumExpOf(x, axesOf(x, -1)));
      save(y);
      return y as T;
    },
    (dy, [y]) => [minus(dy, times(kernel<Tensor>('Exp', { x: y }), lastAxisSum(dy)))],
  );
}

/** Index of the largest value of the last axis; the lowest of a tie. */
function argmax<T extends Tensor>(x: Tensor): T {
  return tf.argMax(x, -1) as T;
}

/** Reductions of {@link Ops}. */
export const reducing = {
  sum: totalled('sum'),
  mean: totalled('mean'),
  max,
  softmax,
  logSoftmax,
  logSumExp,
  argmax,
} satisfies Partial<Ops>;
