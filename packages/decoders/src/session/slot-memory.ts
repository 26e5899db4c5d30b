// B rows of a forward, T nodes a row, N = B*T, X... the shape of one recurrent state.
import type { Memory } from '@foretoken/core';
import { scanNodes } from '@foretoken/core/model';
import type { Engine, KeyValueStore, Nodes, Tensor } from '@foretoken/engine';
import { Chunk, gather, type Place } from './chunk.ts';

/** Recurrent states of one slot. */
interface ScanSlot {
  /** State after the last committed token, by row; absent for an empty row. */
  readonly committed: Map<number, Place>;
  /** States of the forward under way, after each of its nodes. */
  undecided?: Chunk;
}

/** The rows and nodes of the forward under way. */
interface Forward {
  readonly rows: readonly number[];
  readonly at: Nodes;
  /** Stores that the forward appended to. */
  readonly stores: Set<KeyValueStore>;
}

/**
 * Keys, values and recurrent states of the trunk or of one offset, for all rows of a session.
 *
 * A forward is opened, appends undecided nodes, and is closed after each of its rows has committed a path; what no row
 * committed is gone. One forward at a time.
 */
export class SlotMemory implements Memory {
  readonly #engine: Engine;
  readonly #owner: string;
  readonly #rows = new Set<number>();
  readonly #stores = new Map<string, KeyValueStore>();
  readonly #scans = new Map<string, ScanSlot>();
  #forward: Forward | undefined;

  /** @param owner - prefix of the slots' names, such as `trunk` */
  constructor(engine: Engine, owner: string) {
    this.#engine = engine;
    this.#owner = owner;
  }

  join(row: number): void {
    this.#rows.add(row);
    for (const store of this.#stores.values()) store.join(row);
  }

  leave(row: number): void {
    this.#rows.delete(row);
    for (const store of this.#stores.values()) store.leave(row);
    for (const { committed } of this.#scans.values()) {
      committed.get(row)?.chunk.release();
      committed.delete(row);
    }
  }

  fork(from: number, to: number): void {
    this.#rows.add(to);
    for (const store of this.#stores.values()) store.fork(from, to);
    for (const { committed } of this.#scans.values()) {
      const place = committed.get(from);
      if (place) committed.set(to, { chunk: place.chunk.hold(), node: place.node });
    }
  }

  /** Begins a forward over these rows. */
  open(rows: readonly number[], at: Nodes): Memory {
    this.#forward = { rows, at, stores: new Set() };
    return this;
  }

  kv(slot: string): KeyValueStore {
    const { rows, stores } = this.#opened();
    const store = this.#stores.get(slot) ?? this.#createStore(slot);
    store.bind(rows);
    stores.add(store);
    return store;
  }

  scan(slot: string, start_X: Tensor, step: (state_BX: Tensor, node: number) => Tensor): Tensor {
    const { rows, at } = this.#opened();
    const { ops } = this.#engine;
    const scan: ScanSlot = this.#scans.get(slot) ?? { committed: new Map() };
    this.#scans.set(slot, scan);
    const places = rows.map((row) => scan.committed.get(row));
    const committed_BX = places.some((place) => place) ? gather(ops, places) : undefined;
    const states_BTX = scanNodes(ops, at, { start_X, committed_BX }, step);
    scan.undecided = new Chunk([ops.reshape(states_BTX, [at.B * at.T, ...start_X.shape])]);
    return states_BTX;
  }

  /** What must outlive the tidy scope of the forward. */
  states(): Tensor[] {
    return [...this.#scans.values()].flatMap(({ undecided }) => undecided?.values_NX ?? []);
  }

  /** Keeps nodes of one row of the forward, in order. */
  commit(row: number, path: readonly number[]): void {
    const { rows, at, stores } = this.#opened();
    for (const store of stores) store.commit(row, path);
    if (path.length === 0) return;
    const node = rows.indexOf(row) * at.T + path[path.length - 1];
    for (const { committed, undecided } of this.#scans.values()) {
      if (!undecided) continue;
      committed.get(row)?.chunk.release();
      committed.set(row, { chunk: undecided.hold(), node });
    }
  }

  /** Ends a forward. */
  close(): void {
    this.#forward = undefined;
    for (const scan of this.#scans.values()) {
      scan.undecided?.release();
      scan.undecided = undefined;
    }
  }

  /** Ends a forward that failed: as if it had not been. */
  rollback(): void {
    if (!this.#forward) return;
    for (const row of this.#forward.rows) for (const store of this.#forward.stores) store.commit(row, []);
    this.close();
  }

  dispose(): void {
    this.close();
    for (const row of [...this.#rows]) this.leave(row);
    for (const store of this.#stores.values()) store.dispose();
    this.#stores.clear();
    this.#scans.clear();
  }

  #opened(): Forward {
    if (!this.#forward) throw new Error(`memory of ${this.#owner} was used outside its forward`);
    return this.#forward;
  }

  #createStore(slot: string): KeyValueStore {
    const store = this.#engine.createKeyValueStore(`${this.#owner}/${slot}`);
    for (const row of this.#rows) store.join(row);
    this.#stores.set(slot, store);
    return store;
  }
}
