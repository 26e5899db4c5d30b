// C values of one node.
import { HostKeyValueStore, KeyValueRow } from '../../key-value-rows.ts';
import type { SlotPool } from './slot-pool.ts';

/** One row, whose nodes' keys and values lie in a pool on the GPU. */
export class GpuRow extends KeyValueRow {
  /** Place of each node: the committed ones first, then the undecided ones in the order they came. */
  places: number[] = [];
  private readonly pool: SlotPool;

  constructor(pool: SlotPool) {
    super();
    this.pool = pool;
  }

  override reserve(count: number, C: number): void {
    this.places.push(...this.pool.take(count, C));
  }

  protected override keep(path: readonly number[]): void {
    const undecided = this.places.splice(this.committed);
    const kept = path.map((node) => undecided[node]);
    // Held before the others are let go: a path may name a node twice.
    this.pool.hold(kept);
    this.pool.release(undecided);
    this.places.push(...kept);
  }

  override free(): void {
    this.pool.release(this.places);
    this.places = [];
  }

  override fork(): GpuRow {
    const copy = new GpuRow(this.pool);
    copy.places = this.places.slice(0, this.committed);
    copy.committed = this.committed;
    copy.visibleFrom = this.visibleFrom;
    this.pool.hold(copy.places);
    return copy;
  }
}

/** Keys and values of one attention layer on the GPU. Nodes never move; a row is a list of places. */
export class GpuKeyValueStore extends HostKeyValueStore {
  readonly pool: SlotPool;

  constructor(slot: string, pool: SlotPool) {
    super(slot);
    this.pool = pool;
  }

  override dispose(): void {
    super.dispose();
    this.pool.dispose();
  }

  protected override createRow(): GpuRow {
    return new GpuRow(this.pool);
  }
}
