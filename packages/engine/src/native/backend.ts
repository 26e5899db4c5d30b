import { ForetokenError } from '../errors.ts';
import { tf } from '../tensor.ts';
import { type DataId, type TensorInfo, tfjsEngine } from '../tfjs/internals.ts';
import type { Addon, Handle } from './addon.ts';
import { RotaryTables } from './rotary-tables.ts';

/** Values as tfjs hands them over. */
type Values = Float32Array | Int32Array | Uint8Array;

/** What the backend keeps of one buffer; it is also its own key in tfjs' tables. */
export class Entry {
  readonly dtype: tf.DataType;
  /** Values, not bytes. */
  readonly size: number;
  references = 1;
  /** Of whole numbers that no kernel has asked for: token ids are read on the host, and few of them ever leave it. */
  waiting?: Int32Array;
  private readonly addon: Addon;
  private ownHandle: Handle;
  /** Of strings, which live in JavaScript. */
  strings?: readonly unknown[];
  /** Of complex numbers. */
  parts?: { readonly real: TensorInfo; readonly imag: TensorInfo };

  constructor(addon: Addon, dtype: tf.DataType, size: number, handle: Handle) {
    this.addon = addon;
    this.dtype = dtype;
    this.size = size;
    this.ownHandle = handle;
  }

  /** The addon's buffer, which gets what waits. */
  get handle(): Handle {
    if (this.waiting !== undefined) this.put(this.waiting);
    return this.ownHandle;
  }

  /** Ends it. */
  free(): void {
    this.waiting = undefined;
    if (this.ownHandle !== 0) this.addon.free(this.ownHandle);
    this.ownHandle = 0;
  }

  private put(values: Int32Array): void {
    const handle = this.addon.create(values.byteLength);
    this.addon.write(handle, values);
    this.ownHandle = handle;
    this.waiting = undefined;
  }
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Bytes of one value of a numeric type. */
export const widthOf = (dtype: tf.DataType): number => (dtype === 'bool' ? 1 : 4);

function typed(values: ArrayLike<number> | Values, dtype: tf.DataType): Values {
  const Type = dtype === 'float32' ? Float32Array : dtype === 'bool' ? Uint8Array : Int32Array;
  return values instanceof Type ? values : Type.from(values as ArrayLike<number>);
}

/** tfjs' view of the addon's buffers. Numbers lie in the addon; strings and complex pairs are kept here. */
export class NativeBackend extends tf.KernelBackend {
  readonly addon: Addon;
  readonly rotary: RotaryTables;
  /** Buffers that tfjs knows under a key of another backend, from which they were moved here. */
  private readonly moved = new WeakMap<DataId, Entry>();
  private count = 0;

  constructor(addon: Addon) {
    super();
    this.addon = addon;
    this.rotary = new RotaryTables(addon);
  }

  override write(values: Values | readonly unknown[] | null, shape: number[], dtype: tf.DataType): DataId {
    if (dtype === 'int32' && values instanceof Int32Array && values.length === sizeOf(shape)) {
      this.count++;
      const entry = new Entry(this.addon, dtype, values.length, 0);
      // A copy: whoever gave them may go on writing to them.
      entry.waiting = values.slice();
      return entry;
    }
    const entry = this.entry(shape, dtype);
    if (dtype === 'string') entry.strings = (values ?? []) as readonly unknown[];
    else if (values !== null) this.addon.write(entry.handle, typed(values as Values, dtype));
    return entry;
  }

  override move(
    dataId: DataId,
    values: Values | readonly unknown[] | null,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    const entry = this.write(values, shape, dtype) as Entry;
    entry.references = references;
    this.moved.set(dataId, entry);
  }

  /** A new buffer of a shape, its values arbitrary. */
  private entry(shape: readonly number[], dtype: tf.DataType): Entry {
    const size = sizeOf(shape);
    const isNumeric = dtype !== 'string' && dtype !== 'complex64';
    const entry = new Entry(this.addon, dtype, size, isNumeric ? this.addon.create(size * widthOf(dtype)) : 0);
    this.count++;
    return entry;
  }

  /** Takes over a buffer that the addon has made. */
  adopt(handle: Handle, shape: readonly number[], dtype: tf.DataType = 'float32'): TensorInfo {
    this.count++;
    return { dataId: new Entry(this.addon, dtype, sizeOf(shape), handle), shape: shape as number[], dtype };
  }

  /** A new tensor description with these values. */
  makeInfo(shape: readonly number[], dtype: tf.DataType, values: Values | readonly unknown[] | null): TensorInfo {
    return { dataId: this.write(values, shape as number[], dtype), shape: [...shape], dtype };
  }

  /** A complex tensor of two parts, which it takes over. */
  makeComplex(shape: readonly number[], parts: { real: TensorInfo; imag: TensorInfo }): TensorInfo {
    const info = this.makeInfo(shape, 'complex64', null);
    this.find(info.dataId).parts = parts;
    return info;
  }

  /** What is kept of a buffer, moving it here first if another backend has it. */
  find(dataId: DataId): Entry {
    if (dataId instanceof Entry) return dataId;
    const known = this.moved.get(dataId);
    if (known !== undefined) return known;
    tfjsEngine().moveData(this, dataId);
    const entry = this.moved.get(dataId);
    if (entry === undefined)
      throw new ForetokenError(
        'ENGINE_MISUSE',
        'native: tfjs knows no such buffer. Use tensors that are not disposed.',
      );
    return entry;
  }

  override readSync(dataId: DataId): tf.BackendValues {
    const entry = this.find(dataId);
    if (entry.strings !== undefined) return entry.strings as unknown as tf.BackendValues;
    if (entry.parts !== undefined) {
      const [real, imag] = [entry.parts.real, entry.parts.imag].map((part) => this.readSync(part.dataId));
      return tf.backend_util.mergeRealAndImagArrays(real as Float32Array, imag as Float32Array);
    }
    if (entry.waiting !== undefined) return entry.waiting.slice();
    const Type = entry.dtype === 'float32' ? Float32Array : entry.dtype === 'bool' ? Uint8Array : Int32Array;
    const values = new Type(entry.size);
    this.addon.read(entry.handle, values);
    return values as tf.BackendValues;
  }

  override async read(dataId: DataId): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const entry = dataId instanceof Entry ? dataId : this.moved.get(dataId);
    if (entry === undefined) return true;
    entry.references--;
    if (!force && entry.references > 0) return false;
    entry.free();
    if (entry.parts !== undefined) {
      for (const part of [entry.parts.real, entry.parts.imag]) this.disposeData(part.dataId, true);
    }
    this.moved.delete(dataId);
    this.count--;
    return true;
  }

  /** Frees a tensor description that tfjs was never told of. */
  disposeInfo({ dataId }: TensorInfo): void {
    this.disposeData(dataId);
  }

  override refCount(dataId: DataId): number {
    return (dataId instanceof Entry ? dataId : this.moved.get(dataId))?.references ?? 0;
  }

  override incRef(dataId: DataId): void {
    this.find(dataId).references++;
  }

  override numDataIds(): number {
    return this.count;
  }

  override memory(): { unreliable: boolean; reasons: string[] } {
    return { unreliable: false, reasons: [] };
  }

  override timerAvailable(): boolean {
    return true;
  }

  override async time(work: () => void): Promise<tf.BackendTimingInfo> {
    const started = performance.now();
    work();
    return { kernelMs: performance.now() - started };
  }

  /** Nothing of its own to free: buffers go with their tensors. */
  override dispose(): void {}

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }
}
