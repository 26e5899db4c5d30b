// Kernels by index.
import { tf } from '../../tensor.ts';
import type { TensorInfo } from '../../tfjs/internals.ts';
import type { NativeBackend } from '../backend.ts';
import { filled } from './create.ts';
import { defineKernel, intsOf, type KernelCall, type NativeKernel, sizeOf, typeOf } from './kernel.ts';

function gather({ inputs: { x, indices }, attrs, backend }: KernelCall): TensorInfo | undefined {
  const type = typeOf(x.dtype);
  if (type === undefined || indices.dtype !== 'int32') return undefined;
  const [axis] = tf.util.parseAxisParam(attrs.axis, x.shape);
  const { collectGatherOpShapeInfo } = tf.backend_util.segment_util;
  const info = collectGatherOpShapeInfo(x as tf.TensorInfo, indices as tf.TensorInfo, axis, attrs.batchDims ?? 0);
  const { batchSize, outerSize, dimSize, sliceSize, outputShape } = info;
  const [values, at] = [x, indices].map(({ dataId }) => backend.find(dataId));
  if (batchSize === 0) return filled(backend, outputShape, 0, x.dtype);
  const sizes = [batchSize, outerSize, dimSize, sliceSize, at.size / batchSize] as const;
  return backend.adopt(backend.addon.take(type, values.handle, at.handle, ...sizes), outputShape, x.dtype);
}

function gatherNd({ inputs: { params, indices }, backend }: KernelCall): TensorInfo | undefined {
  const type = typeOf(params.dtype);
  if (type === undefined || indices.dtype !== 'int32') return undefined;
  const prepared = tf.backend_util.prepareAndValidate(params as tf.TensorInfo, indices as tf.TensorInfo);
  const [shape, count, width, steps] = prepared;
  if (count === 0 || width === 0) return filled(backend, shape, 0, params.dtype);
  const [table, at] = [params, indices].map(({ dataId }) => backend.find(dataId));
  const rows = table.size / width;
  const made = backend.addon.takeAt(type, table.handle, rows, width, at.handle, count, intsOf(steps));
  return backend.adopt(made, shape, params.dtype);
}

/** Updates put into a copy of a tensor or, without one, added up. */
function scatter(
  backend: NativeBackend,
  { updates, indices }: KernelCall['inputs'],
  shape: number[],
  tensor?: TensorInfo,
): TensorInfo | undefined {
  const type = typeOf(updates.dtype);
  if (type === undefined || indices.dtype !== 'int32' || (tensor ?? updates).dtype !== updates.dtype) return undefined;
  if (tensor === undefined && updates.dtype === 'bool') return undefined;
  const shapes = tf.backend_util.calculateShapes(updates as tf.TensorInfo, indices as tf.TensorInfo, shape);
  const { numUpdates, sliceSize, strides, outputSize } = shapes;
  const values = backend.find(updates.dataId);
  if (outputSize === 0) return filled(backend, shape, 0, updates.dtype);
  // tfjs repeats an update of one value.
  if (values.size !== numUpdates * sliceSize) return undefined;
  const table = tensor === undefined ? 0 : backend.find(tensor.dataId).handle;
  const at = backend.find(indices.dataId).handle;
  const [rows, steps] = [outputSize / sliceSize, intsOf(strides)];
  const made = backend.addon.scatterAt(type, table, rows, sliceSize, at, numUpdates, steps, values.handle);
  return backend.adopt(made, shape, updates.dtype);
}

/** Sums of the rows of each segment; ids outside leave theirs out. */
function segmentSum({ inputs: { x, segmentIds }, attrs, backend }: KernelCall): TensorInfo | undefined {
  const isPlain = segmentIds.shape.length === 1 && segmentIds.shape[0] === x.shape[0];
  if (x.dtype !== 'float32' || segmentIds.dtype !== 'int32' || !isPlain) return undefined;
  const [values, ids] = [x, segmentIds].map(({ dataId }) => backend.find(dataId));
  const shape = x.shape.with(0, attrs.numSegments);
  const sizes = [x.shape[0], sizeOf(x.shape.slice(1)), attrs.numSegments] as const;
  return backend.adopt(backend.addon.segmentSum(values.handle, ids.handle, ...sizes), shape);
}

function oneHot({ inputs: { indices }, attrs, backend }: KernelCall): TensorInfo | undefined {
  const { depth, onValue, offValue, dtype } = attrs;
  const type = typeOf(dtype);
  if (type === undefined || indices.dtype !== 'int32') return undefined;
  const { handle, size } = backend.find(indices.dataId);
  const made = backend.addon.oneHot(type, handle, size, depth, Number(onValue), Number(offValue));
  return backend.adopt(made, [...indices.shape, depth], dtype);
}

function topK({ inputs: { x }, attrs: { k }, backend }: KernelCall): TensorInfo[] | undefined {
  const type = typeOf(x.dtype);
  if (type === undefined || x.shape.length === 0) return undefined;
  const { handle, size } = backend.find(x.dataId);
  const width = x.shape[x.shape.length - 1];
  const [values, indices] = backend.addon.topK(type, handle, width === 0 ? 0 : size / width, width, k);
  const shape = x.shape.with(-1, k);
  return [backend.adopt(values, shape, x.dtype), backend.adopt(indices, shape, 'int32')];
}

/** Gathers, scatters, one-hot rows and the largest values. */
export const INDEXING_KERNELS: readonly NativeKernel[] = [
  defineKernel('GatherV2', gather),
  defineKernel('GatherNd', gatherNd),
  defineKernel('ScatterNd', ({ inputs, attrs, backend }) => scatter(backend, inputs, attrs.shape)),
  defineKernel('TensorScatterUpdate', ({ inputs, backend }) =>
    scatter(backend, inputs, inputs.tensor.shape, inputs.tensor),
  ),
  defineKernel('UnsortedSegmentSum', segmentSum),
  defineKernel('OneHot', oneHot),
  defineKernel('TopK', topK),
];
