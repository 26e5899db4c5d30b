import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { ForetokenError } from '../errors.ts';

/** A buffer of the addon; 0 is none. Never an address: a number that was freed is refused. */
export type Handle = number;

/** A key/value store of the addon. */
export type StoreHandle = { readonly brand: unique symbol };

/** The functions of the addon; each checks what it is given. Sizes are counts of values. */
export interface Addon {
  setErrorClass(error: new (code: never, message: string) => Error): void;
  /** What the calls of this thread have taken since it loaded the addon. */
  secondsInCalls(): number;
  create(bytes: number): Handle;
  free(buffer: Handle): void;
  write(buffer: Handle, values: Float32Array | Int32Array | Uint8Array): void;
  read(buffer: Handle, into: Float32Array | Int32Array | Uint8Array): void;
  memory(): {
    readonly bytes: number;
    readonly peakBytes: number;
    readonly idleBytes: number;
    readonly buffers: number;
  };
  resetPeak(): void;
  /** Gives buffers that are held for reuse back to the system. */
  trim(): void;
  threads(): number;
  defaultThreads(): number;
  setThreads(threads: number): void;
  instructionSet(): string;
  /** Those of this processor, widest first, separated by spaces. */
  instructionSets(): string;
  useInstructionSet(name: string): void;
  /** What multiplies inputs in bfloat16; empty where they are rounded and multiplied as float32. */
  bfloat16Instruction(): string;
  product(
    a: Handle,
    b: Handle,
    P: number,
    M: number,
    N: number,
    K: number,
    transposeA: boolean,
    transposeB: boolean,
    bias: Handle,
    residual: Handle,
    bfloat16: boolean,
  ): Handle;
  /** (silu(x Wgate) * (x Wup)) Wdown (+ residual). */
  gatedMlp(
    x: Handle,
    gate: Handle,
    up: Handle,
    down: Handle,
    N: number,
    D: number,
    F: number,
    residual: Handle,
    bfloat16: boolean,
  ): Handle;
  /** Norm, if there is a gain, and unembedding of a row of each state: one row of logits each. */
  logitsInto(
    into: Float32Array,
    states: Float64Array,
    rows: Int32Array,
    E: number,
    gain: Handle,
    weight: Handle,
    bias: Handle,
    V: number,
    epsilon: number,
    bfloat16: boolean,
  ): void;
  attention(
    q: Handle,
    k: Handle,
    v: Handle,
    B: number,
    T: number,
    H: number,
    G: number,
    d: number,
    parents: Int32Array,
    lengths: Int32Array,
  ): [out: Handle, stats: Handle];
  attentionGradients(
    q: Handle,
    k: Handle,
    v: Handle,
    B: number,
    T: number,
    H: number,
    G: number,
    d: number,
    parents: Int32Array,
    lengths: Int32Array,
    out: Handle,
    stats: Handle,
    flow: Handle,
  ): [dq: Handle, dk: Handle, dv: Handle];
  widenAttention(
    q: Handle,
    textOut: Handle,
    textStats: Handle,
    B: number,
    T: number,
    H: number,
    G: number,
    d: number,
    ownKeysAndValues: Float64Array,
  ): [out: Handle, stats: Handle, weights: Handle];
  ownKeyGradients(
    dqOfText: Handle,
    dy: Handle,
    q: Handle,
    out: Handle,
    weights: Handle,
    B: number,
    T: number,
    H: number,
    G: number,
    d: number,
    ownKeysAndValues: Float64Array,
  ): [dq: Handle, ...own: Handle[]];
  createStore(slot: string): StoreHandle;
  /** What calls on several stores name it by. */
  storeNumber(store: StoreHandle): number;
  storeJoin(store: StoreHandle, row: number): void;
  storeLeave(store: StoreHandle, row: number): void;
  storeFork(store: StoreHandle, from: number, to: number): void;
  storeBind(store: StoreHandle, rows: Float64Array): void;
  storeCommit(store: StoreHandle, row: number, path: Int32Array): void;
  /** In every store, by their numbers: of each row the path that ends there among all nodes. */
  storesCommit(stores: Float64Array, rows: Float64Array, nodes: Int32Array, ends: Int32Array): void;
  storeLength(store: StoreHandle, row: number): number;
  storeUndecided(store: StoreHandle, row: number): number;
  storeClear(store: StoreHandle): void;
  storeAttend(
    store: StoreHandle,
    q: Handle,
    k: Handle,
    v: Handle,
    B: number,
    T: number,
    H: number,
    G: number,
    d: number,
    parents: Int32Array,
    lengths: Int32Array,
  ): Handle;
  /**
   * Pre-norm layers of cached rotary attention and a gated MLP, one after the other, each with a store. Of each layer nine
   * weights in the order in which it uses them, and its sizes H, G, d and F. Rotary tables have a row for each of so many
   * positions, `angles`.
   */
  storesLayers(
    stores: Float64Array,
    x: Handle,
    weights: Float64Array,
    sizes: Int32Array,
    cosines: Handle,
    sines: Handle,
    angles: number,
    positions: Int32Array,
    B: number,
    T: number,
    D: number,
    parents: Int32Array,
    lengths: Int32Array,
    epsilon: number,
    bfloat16: boolean,
  ): Handle;
  rmsNorm(x: Handle, gain: Handle, N: number, D: number, epsilon: number): Handle;
  rmsNormGradients(
    dy: Handle,
    x: Handle,
    gain: Handle,
    N: number,
    D: number,
    epsilon: number,
    scale: number,
  ): [dx: Handle, dGain: Handle];
  rotate(x: Handle, cosines: Handle, sines: Handle, nodes: number, H: number, d: number, direction: 1 | -1): Handle;
  gated(gate: Handle, up: Handle, count: number): Handle;
  gatedGradients(dInner: Handle, gate: Handle, up: Handle, count: number): [dGate: Handle, dUp: Handle, inner: Handle];
  crossEntropy(logits: Handle, targets: Int32Array, R: number, V: number): [loss: Handle, dLogits: Handle];
  /** In place; handles of weight, gradient and both moments of each slot. */
  adamw(slots: Float64Array, options: Float64Array): void;
  sumOfSquares(tensors: Float64Array): number;
  gather(table: Handle, rows: Int32Array, tableRows: number, width: number): Handle;
  scatter(values: Handle, rows: Int32Array, tableRows: number, width: number): Handle;
  transpose(x: Handle, rows: number, columns: number): Handle;
  cut(x: Handle, rows: number, width: number, begin: number, size: number): Handle;
  place(block: Handle, rows: number, width: number, begin: number, size: number): Handle;
  argmax(x: Handle, rows: number, width: number): Handle;
  softmax(x: Handle, rows: number, width: number, isLog: boolean): Handle;
  sample(logits: Handle, uniform: Float64Array, N: number, V: number, temperature: number): Handle;
  sumColumns(x: Handle, rows: number, columns: number): Handle;
  /** Types are numbers: 0 float32, 1 int32, 2 bool. */
  unary(operation: number, type: number, x: Handle, count: number): Handle;
  /** Of equal counts, or one of them 1. */
  binary(operation: number, type: number, a: Handle, aCount: number, b: Handle, bCount: number): Handle;
  /** With broadcasting: sizes of the result's axes, then the steps of a along them, then those of b. */
  binaryOver(operation: number, type: number, a: Handle, b: Handle, axes: Int32Array): Handle;
  /** float32 against one number. */
  binaryWith(operation: number, x: Handle, count: number, value: number): Handle;
  addAll(tensors: Float64Array, type: number, count: number): Handle;
  clip(type: number, x: Handle, count: number, low: number, high: number): Handle;
  cast(from: number, to: number, x: Handle, count: number): Handle;
  fill(type: number, count: number, value: number): Handle;
  /** start, start + step, ... */
  ramp(type: number, count: number, start: number, step: number): Handle;
  /** Each flag stands for `run` values that follow each other. */
  select(flags: Handle, run: number, type: number, a: Handle, b: Handle, count: number): Handle;
  /** Over the middle axis of [outer, along, inner]; `isLast` where no axis lies inside. */
  reduce(
    reduction: number,
    type: number,
    x: Handle,
    outer: number,
    along: number,
    inner: number,
    isLast: boolean,
  ): Handle;
  /** Running sums or products, likewise. */
  accumulate(
    isProduct: boolean,
    type: number,
    x: Handle,
    outer: number,
    along: number,
    inner: number,
    isLast: boolean,
    isExclusive: boolean,
    isReversed: boolean,
  ): Handle;
  /** A whole tensor of the values found at the steps of these axes: sizes, then steps. */
  rearrange(type: number, x: Handle, axes: Int32Array, start: number): Handle;
  /** A tensor of `count` values, x at the steps of these axes and `value` elsewhere. */
  pad(type: number, x: Handle, axes: Int32Array, start: number, count: number, value: number): Handle;
  /** Matrices of equally many rows, side by side. */
  concat(type: number, matrices: Float64Array, widths: Int32Array, rows: number): Handle;
  /** x [batch, outer, along, width] at indices [batch, count] of its third axis. */
  take(
    type: number,
    x: Handle,
    indices: Handle,
    batch: number,
    outer: number,
    along: number,
    width: number,
    count: number,
  ): Handle;
  /** Rows of a table; each index has one part for each step, which counts rows. */
  takeAt(
    type: number,
    table: Handle,
    rows: number,
    width: number,
    indices: Handle,
    count: number,
    steps: Int32Array,
  ): Handle;
  /** Values put into a copy of a table or, where that is 0, added up. */
  scatterAt(
    type: number,
    table: Handle,
    rows: number,
    width: number,
    indices: Handle,
    count: number,
    steps: Int32Array,
    values: Handle,
  ): Handle;
  segmentSum(x: Handle, segments: Handle, count: number, width: number, numSegments: number): Handle;
  oneHot(type: number, indices: Handle, count: number, depth: number, on: number, off: number): Handle;
  topK(type: number, x: Handle, rows: number, width: number, k: number): [values: Handle, indices: Handle];
}

/** An addon and the file it came from. */
export interface LoadedAddon {
  readonly addon: Addon;
  readonly file: string;
}

const require = createRequire(import.meta.url);

/** Where the addon may be: a package with a prebuilt binary for this platform, then the project's own build. */
function candidates(): string[] {
  const prebuilt = `@foretoken/engine-${process.platform}-${process.arch}/foretoken.node`;
  const built = fileURLToPath(new URL('../../native/build/Release/foretoken.node', import.meta.url));
  try {
    return [require.resolve(prebuilt), built];
  } catch {
    return [built];
  }
}

/** What the build step noted when it found that it could not build. */
function whyNotBuilt(): string {
  const note = fileURLToPath(new URL('../../native/build/foretoken-build.json', import.meta.url));
  try {
    const { reason } = JSON.parse(readFileSync(note, 'utf8')) as { reason?: string };
    if (reason !== undefined) return reason;
  } catch {
    // No note: the build step has not run.
  }
  return 'it has not been built; run `foretoken engine build` to build it or see why.';
}

/**
 * Loads the addon; Node keeps one copy of it.
 * @throws ENGINE_UNAVAILABLE if there is none or it cannot be loaded, with the next step
 */
export function loadAddon(): LoadedAddon {
  const file = candidates().find((path) => existsSync(path));
  if (file === undefined) {
    throw new ForetokenError('ENGINE_UNAVAILABLE', `engine "native": ${whyNotBuilt()}`);
  }
  try {
    const addon = require(file) as Addon;
    addon.setErrorClass(ForetokenError);
    return { addon, file };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const advice = 'run `foretoken engine build --force`';
    throw new ForetokenError(
      'ENGINE_UNAVAILABLE',
      `engine "native": ${file} cannot be loaded (${reason}); ${advice}.`,
      { cause },
    );
  }
}
