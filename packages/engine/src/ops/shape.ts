import { shapeMismatch } from '../errors.ts';
import { type Tensor, tf } from '../tensor.ts';
import { differentiable, differentiableMany } from '../tfjs/differentiable.ts';
import { alias, kernel, tfjsEngine } from '../tfjs/internals.ts';
import { cut } from './composite/blocks.ts';
import { stackedIds } from './ids.ts';
import type { Kernels } from './kernels.ts';

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** The same values in another shape; one length may be -1. */
export function reshape<T extends Tensor>(x: Tensor, shape: readonly number[]): T {
  let known = 1;
  for (const size of shape) if (size !== -1) known *= size;
  const target: number[] = [];
  for (const size of shape) target.push(size === -1 ? x.size / known : size);
  if (sizeOf(target) !== x.size || target.some((size) => !Number.isInteger(size) || size < 0)) {
    throw shapeMismatch('reshape', `a shape for ${x.size} values`, `[${shape}]`);
  }
  if (!tfjsEngine().isTapeOn()) return alias<T>(x, target);
  return differentiable<T>(
    'reshape',
    [x],
    () => alias<T>(x, target),
    (dy) => [alias(dy, x.shape)],
  );
}

/** A transposed copy of a matrix, off the tape. */
export function transposed<T extends Tensor>(kernels: Kernels, x: T): T {
  const [rows, columns] = x.shape;
  if (rows === 1 || columns === 1) return alias<T>(x, [columns, rows]);
  return kernels.transpose(x) as T;
}

function permuted(kernels: Kernels, x: Tensor, permutation: readonly number[]): Tensor {
  if (permutation.every((axis, at) => axis === at)) return alias(x);
  // tfjs' wasm divides by the sizes of the axes.
  if (x.size === 0) {
    const target = permutation.map((axis) => x.shape[axis]);
    return alias(x, target);
  }
  if (permutation.length === 2 && x.dtype === 'float32') return transposed(kernels, x);
  return kernel('Transpose', { x }, { perm: [...permutation] });
}

/** Axes in another order, reversed by default. */
export function transpose<T extends Tensor>(kernels: Kernels, x: T, permutation?: readonly number[]): T {
  const forward = permutation ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
  const axes = new Set(forward);
  if (
    forward.length !== x.shape.length ||
    axes.size !== forward.length ||
    forward.some((axis) => axis >= forward.length)
  ) {
    throw shapeMismatch('transpose', `a permutation of the ${x.shape.length} axes of [${x.shape}]`, `[${forward}]`);
  }
  const back = forward.map((_, axis) => forward.indexOf(axis));
  return differentiable<T>(
    'transpose',
    [x],
    () => permuted(kernels, x, forward) as T,
    (dy) => [permuted(kernels, dy, back)],
  );
}

function axisOf(name: string, axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis;
  if (at < 0 || at >= rank) throw shapeMismatch(name, `an axis below ${rank}`, `${axis}`);
  return at;
}

/** The block of a tensor between two indices of one axis, off the tape. */
function part(kernels: Kernels, x: Tensor, axis: number, begin: number, size: number): Tensor {
  return (x.dtype === 'float32' ? kernels.cut : cut)(x, axis, begin, size);
}

function joined(kernels: Kernels, parts: readonly Tensor[], axis: number): Tensor {
  const isPlain = parts.every(({ dtype, size }) => dtype === 'float32' && size > 0);
  return kernels.join && isPlain ? kernels.join(parts, axis) : tf.concat([...parts], axis);
}

/** Parts one after the other along an axis. */
export function concat<T extends Tensor>(kernels: Kernels, parts: readonly T[], axis: number): T {
  const at = axisOf('concat', axis, parts[0].shape.length);
  for (const { shape } of parts) {
    if (shape.length === parts[0].shape.length && shape.every((size, a) => a === at || size === parts[0].shape[a]))
      continue;
    throw shapeMismatch('concat', `parts that differ on axis ${axis} alone, like [${parts[0].shape}]`, `[${shape}]`);
  }
  return differentiable<T>(
    'concat',
    parts,
    () => (parts.length === 1 ? alias<T>(parts[0]) : (joined(kernels, parts, at) as T)),
    (dy, _, needs) => {
      let begin = 0;
      return parts.map(({ shape }, index) => {
        begin += shape[at];
        return needs[index] ? kernels.cut(dy, at, begin - shape[at], shape[at]) : undefined;
      });
    },
  );
}

/** Parts along a new axis. */
export function stack<T extends Tensor>(kernels: Kernels, parts: readonly Tensor[], axis = 0): T {
  const rank = parts[0].shape.length + 1;
  const at = axisOf('stack', axis, rank);
  const { shape } = parts[0];
  if (parts.every((part) => part.dtype === 'int32' && tf.util.arraysEqual(part.shape, shape))) {
    return stackedIds<T>(kernels, parts, sizeOf(shape.slice(0, at)), shape.toSpliced(at, 0, parts.length));
  }
  return concat(
    kernels,
    parts.map((x) => reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])),
    at,
  ) as T;
}

/** A block. */
export function slice<T extends Tensor>(kernels: Kernels, x: T, begin: readonly number[], size: readonly number[]): T {
  const sizes = x.shape.map((length, axis) => {
    const start = begin[axis] ?? 0;
    const count = size[axis] === undefined || size[axis] === -1 ? length - start : size[axis];
    if (start >= 0 && count >= 0 && start + count <= length) return count;
    throw shapeMismatch('slice', `a block inside [${x.shape}]`, `begin [${begin}], size [${size}]`);
  });
  const cut = x.shape.flatMap((length, axis) => (sizes[axis] === length ? [] : [axis]));
  return differentiable<T>(
    'slice',
    [x],
    () => cut.reduce<Tensor>((block, axis) => part(kernels, block, axis, begin[axis], sizes[axis]), alias(x)) as T,
    (dy) => {
      let grown: Tensor = alias(dy);
      for (const axis of [...cut].reverse()) {
        const shape = grown.shape.map((length, at) => (at === axis ? x.shape[axis] : length));
        grown = kernels.place(grown, shape, axis, begin[axis]);
      }
      return [grown];
    },
  );
}

/** A tensor in parts along an axis. */
export function split<T extends Tensor>(kernels: Kernels, x: T, parts: number | readonly number[], axis: number): T[] {
  const at = axisOf('split', axis, x.shape.length);
  const length = x.shape[at];
  const sizes = typeof parts === 'number' ? Array.from({ length: parts }, () => length / parts) : parts;
  if (sizes.some((size) => !Number.isInteger(size) || size < 0) || sizes.reduce((a, b) => a + b, 0) !== length) {
    throw shapeMismatch(
      'split',
      `whole parts that add up to ${length}`,
      `${typeof parts === 'number' ? parts : `[${parts}]`}`,
    );
  }
  let begin = 0;
  const begins = sizes.map((size) => {
    begin += size;
    return begin - size;
  });
  return differentiableMany<T>(
    'split',
    [x],
    () => sizes.map((size, index) => part(kernels, x, at, begins[index], size) as T),
    (dys) => [tf.concat([...dys], at)],
  );
}

/** Rows of the first axis by index; the gradient adds up repeats. */
export function gatherRows<T extends Tensor>(kernels: Kernels, x: T, rows: Int32Array | readonly number[]): T {
  const [length] = x.shape;
  const bad = rows.findIndex((row) => row < 0 || row >= length);
  if (bad >= 0) throw shapeMismatch('gatherRows', `rows in [0, ${length})`, `${rows[bad]} at index ${bad}`);
  return differentiable<T>(
    'gatherRows',
    [x],
    () => kernels.gather(x, rows) as T,
    (dy) => [kernels.scatter(dy, rows, x.shape)],
  );
}
