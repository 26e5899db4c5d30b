import type { KeyValueStore, KeyValues } from './key-values.ts';
import type { Ops } from './ops/contract.ts';
import type { EngineOps } from './ops/engine-ops.ts';
import type { Recording } from './recording.ts';

/** Engines this version can open. */
export type EngineName = 'native' | 'wasm' | 'tensorflow' | 'webgpu' | 'cpu';

/** How matrix products take their inputs; sums are float32 in either case. */
export type Precision = 'float32' | 'bfloat16';

export interface EngineOptions {
  /** Default: `auto`, the first of the engines that can run here. */
  readonly name?: EngineName | 'auto';
  /** Threads of the kernels, on engines that have a choice. Default: the cores that the process may use. Changes no bit. */
  readonly threads?: number;
  /** Default: `float32`. */
  readonly precision?: Precision;
}

/** Live tensors of the process. */
export interface EngineMemory {
  /** Tensors that nobody has freed. */
  readonly numTensors: number;
  /** What they hold. */
  readonly bytes: number;
  /** Largest `bytes` since the last `resetPeak`. */
  readonly peakBytes: number;
}

/** What an eval may ask of an open engine, and compute on it. Nothing here touches what the framework holds. */
export interface EngineView {
  /** Which engine it is. */
  readonly name: EngineName;
  /** Threads that kernels run on. */
  readonly threads: number;
  /** Instruction set and versions: whatever can change a result's bits, for the record. */
  readonly fingerprint: string;
  /** The operations, carried out by this engine. */
  readonly ops: Ops;
  /** What is live now. */
  memory(): EngineMemory;
  /** Starts {@link EngineMemory.peakBytes} anew. */
  resetPeak(): void;
  /**
   * Seconds spent so far inside the engine's own compiled code, on this thread of Node; undefined on engines that do not tell.
   * What a loop takes beyond the difference of two readings is JavaScript, and waiting.
   */
  kernelSeconds(): number | undefined;
  /** Runs `work`, freeing every tensor made in it but those it returns (tfjs' tidy; must be synchronous). */
  tidy<T>(work: () => T): T;
}

/** An open engine: one tfjs backend with the ops, tapes and memory accounting above it. */
export interface Engine extends EngineView {
  /** Those of plugins, and the framework's own. */
  readonly ops: EngineOps;
  /**
   * Floating-point operations of what `work` runs through `ops`, forward passes alone: 2 per multiply-add of products of
   * matrices and of attention over what each node sees, nothing for anything else. Follows from shapes and nodes, so it is
   * the same on every engine. What `work` does with tfjs directly is not seen. Counts may nest.
   * @throws ENGINE_MISUSE if `work` attends to a key/value store
   */
  countFlops(work: () => void): number;
  /** Runs `forward` and keeps what a later backward pass needs. Recordings do not nest. */
  record<T>(forward: () => T): Recording<T>;
  /** Keys and values of one attention layer, without a row; the caller disposes it. */
  createKeyValueStore(slot: string): KeyValueStore;
  /**
   * Keeps a path of each row in every store, as `commit` of each does: in one call where the engine can.
   * @param rows - each once
   * @throws SESSION_MISUSE for a row that is not open or a node that is not undecided; the native engine has then kept none
   */
  commitKeyValues(
    stores: readonly KeyValueStore[],
    rows: readonly number[],
    paths: readonly (readonly number[])[],
  ): void;
  /** The memory of a training step: nothing before, nothing kept. */
  readonly noKeyValues: KeyValues;
}

/** Why an engine can or cannot be used here. */
export interface EngineStatus {
  readonly name: EngineName;
  readonly available: boolean;
  /** One sentence: version and instruction set, or the reason and the next step. */
  readonly detail: string;
}
