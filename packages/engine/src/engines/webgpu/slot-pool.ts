// C values of one node.
import { type GpuBuffer, USAGE } from './dawn.ts';
import type { GpuLauncher } from './launcher.ts';

const FLOAT_BYTES = 4;
const FEWEST_SLOTS = 64;

/** Keys and values of nodes, each at a place of its own in two growing buffers; forks share places. */
export class SlotPool {
  private readonly launcher: GpuLauncher;
  private readonly free: number[] = [];
  /** Rows that hold each place. */
  private readonly holders: number[] = [];
  private capacity = 0;
  private width = 0;
  private buffers: { readonly keys: GpuBuffer; readonly values: GpuBuffer } | undefined;

  constructor(launcher: GpuLauncher) {
    this.launcher = launcher;
  }

  /** The buffers [places,C]; there are none before the first {@link take}. */
  get stored(): { readonly keys: GpuBuffer; readonly values: GpuBuffer } {
    return this.buffers as { keys: GpuBuffer; values: GpuBuffer };
  }

  /** Places for `count` more nodes; following each other where the pool has not been used out of order. */
  take(count: number, C: number): number[] {
    this.width = C;
    if (this.free.length < count) this.grow(this.capacity + count - this.free.length);
    const taken = this.free.splice(0, count);
    for (const place of taken) this.holders[place] = 1;
    return taken;
  }

  /** One more row holds these. */
  hold(places: readonly number[]): void {
    for (const place of places) this.holders[place] += 1;
  }

  /** One row less holds these. */
  release(places: readonly number[]): void {
    for (const place of places) {
      this.holders[place] -= 1;
      if (this.holders[place] === 0) this.free.push(place);
    }
  }

  /** Gives the buffers back; no place is valid any more. */
  dispose(): void {
    this.giveBack();
    this.free.length = 0;
    this.holders.length = 0;
    this.capacity = 0;
  }

  private grow(needed: number): void {
    const { bufferManager } = this.launcher.backend;
    const capacity = Math.max(needed, 2 * this.capacity, FEWEST_SLOTS);
    const usage = USAGE.storage | USAGE.copySource | USAGE.copyTarget;
    const make = () => bufferManager.acquireBuffer(capacity * this.width * FLOAT_BYTES, usage);
    const larger = { keys: make(), values: make() };
    if (this.buffers !== undefined) {
      this.launcher.copy(this.buffers.keys, larger.keys);
      this.launcher.copy(this.buffers.values, larger.values);
    }
    this.giveBack();
    this.buffers = larger;
    for (let place = this.capacity; place < capacity; place++) this.free.push(place);
    this.capacity = capacity;
  }

  /** The GPU works in order: whoever gets these next writes after what is still to be read. */
  private giveBack(): void {
    if (this.buffers === undefined) return;
    const { bufferManager } = this.launcher.backend;
    bufferManager.releaseBuffer(this.buffers.keys);
    bufferManager.releaseBuffer(this.buffers.values);
    this.buffers = undefined;
  }
}
