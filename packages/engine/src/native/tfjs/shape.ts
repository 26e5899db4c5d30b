// Kernels that move values.
import { tf } from '../../tensor.ts';
import type { TensorInfo } from '../../tfjs/internals.ts';
import type { NativeBackend } from '../backend.ts';
import {
  defineKernel,
  intsOf,
  isSameShape,
  type KernelCall,
  listOf,
  type NativeKernel,
  sizeOf,
  stepsOf,
  typeOf,
  typeOfAll,
} from './kernel.ts';
import { view, withAxis } from './view.ts';

/** The values that lie at some steps from each other, one for each size; undefined for strings and complex numbers. */
function rearranged(
  backend: NativeBackend,
  x: TensorInfo,
  shape: readonly number[],
  sizes: readonly number[],
  steps: readonly number[],
  start = 0,
): TensorInfo | undefined {
  const type = typeOf(x.dtype);
  if (type === undefined) return undefined;
  const axes = intsOf([...sizes, ...steps]);
  const handle = backend.addon.rearrange(type, backend.find(x.dataId).handle, axes, sizeOf(sizes) === 0 ? 0 : start);
  return backend.adopt(handle, shape, x.dtype);
}

/** Axes in another order; undefined for strings and complex numbers. */
export function transposed(
  backend: NativeBackend,
  x: TensorInfo,
  permutation: readonly number[],
): TensorInfo | undefined {
  const steps = stepsOf(x.shape);
  const shape = permutation.map((axis) => x.shape[axis]);
  const ordered = permutation.map((axis) => steps[axis]);
  return rearranged(backend, x, shape, shape, ordered);
}

/** A block; undefined for strings and complex numbers. */
function block(backend: NativeBackend, x: TensorInfo, begin: readonly number[], size: readonly number[]) {
  const steps = stepsOf(x.shape);
  const start = begin.reduce((sum, at, axis) => sum + at * steps[axis], 0);
  return rearranged(backend, x, size, size, steps, start);
}

function stridedSlice({ inputs: { x }, attrs, backend }: KernelCall): TensorInfo | undefined {
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs;
  const masks = [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] as const;
  const info = tf.slice_util.sliceInfo(x.shape, begin, end, strides, ...masks);
  if (info.isIdentity) return view(backend, x, info.finalShape);
  const steps = stepsOf(x.shape);
  const lengths = tf.slice_util.computeOutShape(info.begin, info.end, info.strides);
  const sizes = lengths.map((length) => Math.max(0, length));
  const start = info.begin.reduce((sum, at, axis) => sum + at * steps[axis], 0);
  const strided = steps.map((step, axis) => step * info.strides[axis]);
  return rearranged(backend, x, info.finalShape, sizes, strided, start);
}

function tiled(backend: NativeBackend, x: TensorInfo, repeats: readonly number[]): TensorInfo | undefined {
  const steps = stepsOf(x.shape);
  const sizes = x.shape.flatMap((size, axis) => [repeats[axis], size]);
  const shape = x.shape.map((size, axis) => size * repeats[axis]);
  return rearranged(
    backend,
    x,
    shape,
    sizes,
    steps.flatMap((step) => [0, step]),
  );
}

function broadcast(backend: NativeBackend, x: TensorInfo, shape: readonly number[]): TensorInfo | undefined {
  const target = tf.broadcast_util.assertAndGetBroadcastShape(x.shape, [...shape]);
  tf.util.assert(isSameShape(target, shape), () => `broadcastTo: [${x.shape}] does not become [${shape}]`);
  const own = stepsOf(x.shape).map((step, axis) => (x.shape[axis] === 1 ? 0 : step));
  const steps = [...new Array<number>(shape.length - own.length).fill(0), ...own];
  return rearranged(backend, x, shape, shape, steps);
}

function reversed(backend: NativeBackend, x: TensorInfo, dims: readonly number[]): TensorInfo | undefined {
  const axes = tf.util.parseAxisParam(dims as number[], x.shape);
  const own = stepsOf(x.shape);
  const start = x.shape.reduce((sum, size, axis) => (axes.includes(axis) ? sum + (size - 1) * own[axis] : sum), 0);
  const steps = own.map((step, axis) => (axes.includes(axis) ? -step : step));
  return rearranged(backend, x, x.shape, x.shape, steps, start);
}

function padded({ inputs: { x }, attrs, backend }: KernelCall): TensorInfo | undefined {
  const type = typeOf(x.dtype);
  if (type === undefined) return undefined;
  const paddings: readonly (readonly [number, number])[] = attrs.paddings;
  const shape = x.shape.map((size, axis) => paddings[axis][0] + size + paddings[axis][1]);
  const steps = stepsOf(shape);
  const start = paddings.reduce((sum, [before], axis) => sum + before * steps[axis], 0);
  const axes = intsOf([...x.shape, ...steps]);
  const { handle } = backend.find(x.dataId);
  const made = backend.addon.pad(type, handle, axes, start, sizeOf(shape), Number(attrs.constantValue));
  return backend.adopt(made, shape, x.dtype);
}

/** Tensors one after the other along an axis; each is a matrix of the axes before it and of the rest. */
function joined(backend: NativeBackend, parts: readonly TensorInfo[], axis: number, shape: readonly number[]) {
  const type = typeOfAll(parts);
  if (type === undefined) return undefined;
  const handles = Float64Array.from(parts, ({ dataId }) => backend.find(dataId).handle);
  const widths = intsOf(parts.map((part) => sizeOf(part.shape.slice(axis))));
  const handle = backend.addon.concat(type, handles, widths, sizeOf(shape.slice(0, axis)));
  return backend.adopt(handle, shape, parts[0].dtype);
}

function concat({ inputs, attrs, backend }: KernelCall): TensorInfo | undefined {
  const parts = listOf(inputs);
  const [axis] = tf.util.parseAxisParam(attrs.axis, parts[0].shape);
  const shapes = parts.map(({ shape }) => shape);
  tf.backend_util.assertParamsConsistent(shapes, axis);
  const filledParts = parts.filter(({ shape }) => sizeOf(shape) > 0);
  const shape = tf.backend_util.computeOutShape(shapes, axis);
  if (filledParts.length === 1) return view(backend, filledParts[0], shape);
  return joined(backend, filledParts.length === 0 ? parts : filledParts, axis, shape);
}

function pack({ inputs, attrs, backend }: KernelCall): TensorInfo | undefined {
  const parts = listOf(inputs);
  const [{ shape, dtype }] = parts;
  for (const part of parts) {
    tf.util.assertShapesMatch(shape, part.shape, 'All tensors passed to stack must have matching shapes');
    tf.util.assert(part.dtype === dtype, () => 'All tensors passed to stack must have matching dtypes');
  }
  const axis = attrs.axis < 0 ? attrs.axis + shape.length + 1 : attrs.axis;
  const target = withAxis(shape, axis);
  if (parts.length === 1) return view(backend, parts[0], target);
  return joined(backend, parts, axis, target.with(axis, parts.length));
}

/** Parts of a tensor along an axis, each with the shape that `shapeOf` gives it; undefined for strings and complex numbers. */
function split(
  backend: NativeBackend,
  x: TensorInfo,
  axis: number,
  lengths: readonly number[],
  shapeOf: (part: readonly number[]) => number[],
): TensorInfo[] | undefined {
  if (typeOf(x.dtype) === undefined) return undefined;
  const begin = new Array<number>(x.shape.length).fill(0);
  return lengths.map((length) => {
    const size = x.shape.with(axis, length);
    const part = block(backend, x, begin, size) as TensorInfo;
    begin[axis] += length;
    return { ...part, shape: shapeOf(size) };
  });
}

/** Blocks, repetitions, other orders of axes, and tensors put together or taken apart. */
export const SHAPE_KERNELS: readonly NativeKernel[] = [
  defineKernel('Transpose', ({ inputs: { x }, attrs: { perm }, backend }) => transposed(backend, x, perm)),
  defineKernel('Slice', ({ inputs: { x }, attrs, backend }) => {
    const [begin, size] = tf.slice_util.parseSliceParams(x as tf.Tensor, attrs.begin, attrs.size);
    tf.slice_util.assertParamsValid(x as tf.Tensor, begin, size);
    return block(backend, x, begin, size);
  }),
  defineKernel('StridedSlice', stridedSlice),
  defineKernel('Tile', ({ inputs: { x }, attrs: { reps }, backend }) => tiled(backend, x, reps)),
  defineKernel('BroadcastTo', ({ inputs: { x }, attrs: { shape }, backend }) => broadcast(backend, x, shape)),
  defineKernel('Reverse', ({ inputs: { x }, attrs: { dims }, backend }) => reversed(backend, x, dims)),
  defineKernel('PadV2', padded),
  defineKernel('Concat', concat),
  defineKernel('Pack', pack),
  defineKernel('SplitV', ({ inputs: { x }, attrs, backend }) => {
    const [axis] = tf.util.parseAxisParam(attrs.axis, x.shape);
    const lengths = tf.backend_util.prepareSplitSize(x as tf.Tensor, attrs.numOrSizeSplits, axis);
    return split(backend, x, axis, lengths, (part) => [...part]);
  }),
  defineKernel('Unpack', ({ inputs: { value }, attrs, backend }) => {
    const axis = attrs.axis < 0 ? attrs.axis + value.shape.length : attrs.axis;
    const lengths = new Array<number>(value.shape[axis]).fill(1);
    return split(backend, value, axis, lengths, (part) => part.toSpliced(axis, 1));
  }),
];
