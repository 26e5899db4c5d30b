import type { DataId, DataInfo, DataInfos, TfjsState } from './internals.ts';

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
    return this.inner.get(id);
  }

  has(id: DataId): boolean {
    return this.inner.has(id);
  }

  set(id: DataId, info: DataInfo): this {
    this.inner.set(id, info);
    this.bytes += info.bytes;
    if (this.bytes > this.peakBytes) this.peakBytes = this.bytes;
    return this;
  }

  delete(id: DataId): boolean {
    this.bytes -= this.inner.get(id)?.bytes ?? 0;
    return this.inner.delete(id);
  }
}
