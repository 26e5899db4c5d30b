// The parts of tfjs' engine that its types keep private but that a tape, exact memory counts and host views need.

import type { Tensor } from '../tensor.ts';
import { tf } from '../tensor.ts';

/** Key under which a backend finds the values of a tensor. */
export type DataId = object;

/** One recorded operation. */
export interface TapeNode {
  readonly id: number;
  readonly kernelName: string;
  readonly inputs: { readonly [name: string]: Tensor };
  readonly outputs: readonly Tensor[];
  readonly saved: readonly Tensor[];
  /** Gradients of the inputs, each computed when its function is called; absent where an operation has none. */
  readonly gradient?: (
    dys: readonly (Tensor | undefined)[],
    needs?: readonly boolean[],
  ) => { readonly [name: string]: (() => Tensor) | undefined };
}

/** What tfjs remembers of one buffer. */
export interface DataInfo {
  readonly backend: TfjsBackend;
  readonly dtype: tf.DataType;
  readonly shape: number[];
  readonly bytes: number;
}

/** The map from buffers to what tfjs remembers of them. */
export interface DataInfos {
  get(id: DataId): DataInfo | undefined;
  has(id: DataId): boolean;
  set(id: DataId, info: DataInfo): unknown;
  delete(id: DataId): boolean;
}

/** A tensor's description as kernels pass it on. */
export interface TensorInfo {
  readonly dataId: DataId;
  readonly shape: number[];
  readonly dtype: tf.DataType;
}

/** A tfjs backend; `typedArrayFromHeap`, `makeOutput` and `wasm` exist on wasm alone, `firstUse` on cpu. */
export interface TfjsBackend {
  readSync(id: DataId): Float32Array | Int32Array | Uint8Array;
  disposeData(id: DataId): boolean;
  numDataIds(): number;
  incRef(id: DataId): void;
  firstUse?: boolean;
  readonly wasm?: { readonly HEAPU8: Uint8Array; _malloc: (bytes: number) => number };
  /** Ours: columns that each buffer had as the right side of a product. */
  packedColumns?: WeakMap<DataId, number>;
  dataIdMap?: { get(id: DataId): unknown };
  typedArrayFromHeap?(info: TensorInfo): Float32Array | Int32Array | Uint8Array;
  makeOutput?(shape: number[], dtype: tf.DataType): TensorInfo;
}

/** A tidy scope: the tensors made in it. */
export interface Scope {
  readonly id: number;
  readonly track: Tensor[];
}

/** The engine's own bookkeeping. */
export interface TfjsState {
  readonly numTensors: number;
  numBytes: number;
  tensorInfo: DataInfos;
  activeTape: TapeNode[] | null;
  nextTapeNodeId: number;
  kernelDepth: number;
  /** Undefined until a scope was opened first. */
  activeScope: Scope | null | undefined;
  readonly scopeStack: Scope[];
  gradientDepth: number;
}

/** tfjs' engine with what its public type leaves out. */
export interface TfjsEngine {
  readonly state: TfjsState;
  readonly backend: TfjsBackend;
  readonly backendName: string;
  readonly registry: { readonly [name: string]: TfjsBackend | undefined };
  readonly registryFactory: { readonly [name: string]: object | undefined };
  /** Moves a buffer to a backend from the one that has it. */
  moveData(backend: object, id: DataId): void;
  isTapeOn(): boolean;
  startScope(): void;
  endScope(kept: readonly Tensor[]): void;
  /** Makes the innermost scope free a tensor at its end. */
  track<T extends Tensor>(tensor: T): T;
  startTape(): void;
  endTape(): void;
  nextTensorId(): number;
  keep<T extends Tensor>(tensor: T): T;
  makeTensor(values: Float32Array | Int32Array, shape: readonly number[], dtype: tf.DataType): Tensor;
  makeTensorFromTensorInfo(info: TensorInfo): Tensor;
  runKernel(name: string, inputs: { [name: string]: Tensor }, attributes?: object): Tensor | Tensor[];
}

/** @returns the one tfjs engine of the process, with its private parts typed */
export function tfjsEngine(): TfjsEngine {
  return tf.engine() as unknown as TfjsEngine;
}

/** Runs a tfjs kernel that has one output, past the checks and conversions of tfjs' own functions. */
export function kernel<T extends Tensor>(name: string, inputs: { [name: string]: Tensor }, attributes?: object): T {
  return tfjsEngine().runKernel(name, inputs, attributes) as T;
}

/** Backends of which a reshape is one more reference and nothing else, so that tfjs need not be asked. */
const SHARING: ReadonlySet<string> = new Set(['native', 'wasm', 'cpu', 'webgpu']);

/** Backends that copy the numbers they are given; others may go on using the caller's array. */
const COPYING: ReadonlySet<string> = new Set(['native', 'wasm']);

/** A tensor of its own: what becomes of the array afterwards changes nothing in it. */
export function copied<T extends Tensor>(values: Float32Array | Int32Array, shape: readonly number[]): T {
  const engine = tfjsEngine();
  const own = COPYING.has(engine.backendName) ? values : values.slice();
  return engine.makeTensor(own, shape, values instanceof Int32Array ? 'int32' : 'float32') as T;
}

/**
 * A second tensor on the same buffer, off the tape. tfjs' own `clone` copies on wasm; a reshape counts references.
 * @returns a tensor of the given shape; it and the original are disposed independently
 */
export function alias<T extends Tensor>(x: Tensor, shape: readonly number[] = x.shape): T {
  const engine = tfjsEngine();
  if (!SHARING.has(engine.backendName)) return untaped(() => kernel<T>('Reshape', { x }, { shape }));
  engine.backend.incRef(x.dataId);
  return engine.makeTensorFromTensorInfo({ dataId: x.dataId, shape: shape as number[], dtype: x.dtype }) as T;
}

/** Runs `work` with the tape switched off, as tfjs does inside its kernels. */
export function untaped<T>(work: () => T): T {
  const { state } = tfjsEngine();
  state.kernelDepth += 1;
  try {
    return work();
  } finally {
    state.kernelDepth -= 1;
  }
}
