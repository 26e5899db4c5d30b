import type { Tensor } from '../tensor.ts';
import { tf } from '../tensor.ts';
import type { TensorInfo, TfjsBackend } from './internals.ts';
import { tfjsEngine } from './internals.ts';

/** Values of a tensor as plain loops see them. */
export type HostValues = Float32Array | Int32Array;

/**
 * Allocates float32 tensors and fills them by a plain loop over host memory, without a copy on wasm and cpu.
 *
 * The views are valid only inside `fill`, which must not allocate tensors: growing the wasm heap detaches them. Inputs
 * are read-only. Outputs start with arbitrary values on wasm; `fill` writes every element.
 * @param inputs - tensors that the loop reads
 * @param shapes - shapes of the results
 */
export function hostCompute(
  inputs: readonly Tensor[],
  shapes: readonly (readonly number[])[],
  fill: (out: Float32Array[], values: Float32Array[]) => void,
): Tensor[] {
  const backend = tfjsEngine().backend;
  return isHeapBackend(backend) ? onHeap(backend, inputs, shapes, fill) : onArrays(inputs, shapes, fill);
}

/** {@link hostCompute} with one result. */
export function hostComputeOne<T extends Tensor>(
  inputs: readonly Tensor[],
  shape: readonly number[],
  fill: (out: Float32Array, ...values: Float32Array[]) => void,
): T {
  return hostCompute(inputs, [shape], ([out], values) => fill(out, ...values))[0] as T;
}

/**
 * Live, read-only values of tensors, without a copy on wasm and cpu.
 *
 * Valid inside `read` only, which must not allocate tensors.
 */
export function hostRead<R>(inputs: readonly Tensor[], read: (...values: HostValues[]) => R): R {
  const backend = tfjsEngine().backend;
  if (!isHeapBackend(backend)) return read(...inputs.map((input) => input.dataSync() as HostValues));
  for (const input of inputs) backend.dataIdMap.get(input.dataId);
  return read(...inputs.map((input) => backend.typedArrayFromHeap(input as unknown as TensorInfo) as HostValues));
}

type HeapBackend = TfjsBackend & Required<Pick<TfjsBackend, 'dataIdMap' | 'typedArrayFromHeap' | 'makeOutput'>>;

function isHeapBackend(backend: TfjsBackend): backend is HeapBackend {
  return backend.typedArrayFromHeap !== undefined && backend.makeOutput !== undefined;
}

function onHeap(
  backend: HeapBackend,
  inputs: readonly Tensor[],
  shapes: readonly (readonly number[])[],
  fill: (out: Float32Array[], values: Float32Array[]) => void,
): Tensor[] {
  // Looking a tensor up moves it here from another backend, which allocates: so before any view is taken.
  for (const input of inputs) backend.dataIdMap.get(input.dataId);
  const engine = tfjsEngine();
  const infos = allocated(backend, shapes);
  const view = (info: TensorInfo) => backend.typedArrayFromHeap(info) as Float32Array;
  fill(
    infos.map(view),
    inputs.map((input) => view(input as unknown as TensorInfo)),
  );
  return infos.map((info) => engine.makeTensorFromTensorInfo(info));
}

/** Buffers of all shapes, or none where one does not fit. */
function allocated(backend: HeapBackend, shapes: readonly (readonly number[])[]): TensorInfo[] {
  const infos: TensorInfo[] = [];
  try {
    for (const shape of shapes) infos.push(backend.makeOutput([...shape], 'float32'));
    return infos;
  } catch (error) {
    for (const { dataId } of infos) backend.disposeData(dataId);
    throw error;
  }
}

function onArrays(
  inputs: readonly Tensor[],
  shapes: readonly (readonly number[])[],
  fill: (out: Float32Array[], values: Float32Array[]) => void,
): Tensor[] {
  const out = shapes.map((shape) => new Float32Array(tf.util.sizeFromShape([...shape])));
  fill(
    out,
    inputs.map((input) => input.dataSync() as Float32Array),
  );
  const engine = tfjsEngine();
  return out.map((values, index) => engine.makeTensor(values, [...shapes[index]], 'float32'));
}
