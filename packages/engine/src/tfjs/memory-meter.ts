import type { DataId, DataInfo, DataInfos, TfjsState } from './internals.ts';

/** On the key itself: a weak map costs a microsecond a tensor, most of it at collection. */
const INFO = Symbol('foretoken.data-info');

interface Metered {
  [INFO]?: DataInfo;
}

/**
 * Counts the bytes of live buffers and their peak to the byte, at every allocation.
 *
 * tfjs' own `numBytes` counts a buffer once per tensor that shares it; this one sits where tfjs notes that a buffer
 * comes and goes.
 */
export class MemoryMeter implements DataInfos {
  bytes: number;
  peakBytes: number;
  private readonly inner: DataInfos;

  private constructor(state: TfjsState) {
    this.inner = state.tensorInfo;
    this.bytes = state.numBytes;
    this.peakBytes = state.numBytes;
  }

  /** Puts a meter into tfjs' engine, or finds the one that is there. */
  static install(state: TfjsState): MemoryMeter {
    if (!(state.tensorInfo instanceof MemoryMeter)) state.tensorInfo = new MemoryMeter(state);
    return state.tensorInfo as MemoryMeter;
  }

  get(id: DataId): DataInfo | undefined {
    return (id as Metered)[INFO] ?? this.inner.get(id);
  }

  has(id: DataId): boolean {
    return (id as Metered)[INFO] !== undefined || this.inner.has(id);
  }

  set(id: DataId, info: DataInfo): this {
    (id as Metered)[INFO] = info;
    this.bytes += info.bytes;
    if (this.bytes > this.peakBytes) this.peakBytes = this.bytes;
    return this;
  }

  delete(id: DataId): boolean {
    this.bytes -= this.get(id)?.bytes ?? 0;
    if ((id as Metered)[INFO] === undefined) return this.inner.delete(id);
    (id as Metered)[INFO] = undefined;
    return true;
  }
}
