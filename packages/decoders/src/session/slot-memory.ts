// B rows of a forward, T nodes a row, N = B*T, X... the shape of one recurrent state.
import type { Memory } from '@foretoken/core';
import { scanNodes } from '@foretoken/core/model';
import type { Engine, KeyValueStore, Nodes, Tensor } from '@foretoken/engine';
import { Chunk, gather, type Place } from './chunk.ts';

/** Recurrent states of one slot. */
interface ScanSlot {
  /** State after the last committed token, by row; absent for an empty row. */
  readonly committed: Map<number, Place>;
  /** States after the undecided nodes of each row, in the order they came. */
  readonly undecided: Map<number, Place[]>;
}

/** The rows and nodes of the forward under way. */
interface Forward {
  readonly rows: readonly number[];
  readonly at: Nodes;
  /** Stores that the forward appended to. */
  readonly stores: Set<KeyValueStore>;
  /** States that it made. */
  readonly states: Tensor[];
}

/**
 * Keys, values and recurrent states of the trunk or of one offset, for all rows of a session.
 *
 * A forward is opened, appends undecided nodes, and is closed after each of its rows has committed a path; what no row
 * committed is gone. Or it is suspended: its nodes stay undecided, nodes of later forwards may hang below them, and all
 * of them are dropped together. One forward at a time.
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
    for (const scan of this.#scans.values()) {
      dropStates(scan, row);
      scan.committed.get(row)?.chunk.release();
      scan.committed.delete(row);
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
    this.#forward = { rows, at, stores: new Set(), states: [] };
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
    const { rows, at, states } = this.#opened();
    const { ops } = this.#engine;
    const scan: ScanSlot = this.#scans.get(slot) ?? { committed: new Map(), undecided: new Map() };
    this.#scans.set(slot, scan);
    const places = rows.map((row) => scan.committed.get(row));
    const committed_BX = places.some((place) => place) ? gather(ops, places) : undefined;
    const undecided_BUX = this.#undecidedStates(scan, rows);
    const states_BTX = scanNodes(ops, at, { start_X, committed_BX, undecided_BUX }, step);
    const chunk = new Chunk([ops.reshape(states_BTX, [at.B * at.T, ...start_X.shape])]);
    states.push(...chunk.values_NX);
    for (const [b, row] of rows.entries()) {
      const before = scan.undecided.get(row) ?? [];
      const nodes = Array.from({ length: at.length_B[b] }, (_, t) => ({ chunk: chunk.hold(), node: b * at.T + t }));
      scan.undecided.set(row, [...before, ...nodes]);
    }
    chunk.release();
    return states_BTX;
  }

  /** What must outlive the tidy scope of the forward. */
  states(): Tensor[] {
    return this.#opened().states;
  }

  /** Stores that the forward appended to: their paths are kept by whoever keeps those of all memories, in one call. */
  stores(): Iterable<KeyValueStore> {
    return this.#opened().stores;
  }

  /** Keeps the states of undecided nodes of one row, in order, and drops its others; keys and values stay undecided. */
  commit(row: number, path: readonly number[]): void {
    for (const scan of this.#scans.values()) {
      const last = scan.undecided.get(row)?.[path[path.length - 1]];
      if (last) {
        last.chunk.hold();
        scan.committed.get(row)?.chunk.release();
        scan.committed.set(row, last);
      }
      dropStates(scan, row);
    }
  }

  /** Ends a forward. */
  close(): void {
    this.#forward = undefined;
    for (const scan of this.#scans.values()) for (const row of [...scan.undecided.keys()]) dropStates(scan, row);
  }

  /** Ends a forward whose nodes stay undecided. */
  suspend(): void {
    this.#forward = undefined;
  }

  /** Drops the undecided nodes of every row. */
  dropUndecided(): void {
    this.#dropNodes([...this.#stores.values()], [...this.#rows]);
    this.close();
  }

  /** Ends a forward that failed: as if it had not been, and none that was suspended before. */
  rollback(): void {
    if (!this.#forward) return;
    this.#dropNodes([...this.#forward.stores], this.#forward.rows);
    this.close();
  }

  dispose(): void {
    this.close();
    for (const row of [...this.#rows]) this.leave(row);
    for (const store of this.#stores.values()) store.dispose();
    this.#stores.clear();
    this.#scans.clear();
  }

  /** States after the undecided nodes of earlier forwards, padded to the row that has most. */
  #undecidedStates({ undecided }: ScanSlot, rows: readonly number[]): Tensor | undefined {
    const { ops } = this.#engine;
    const lists = rows.map((row) => undecided.get(row) ?? []);
    const U = Math.max(...lists.map(({ length }) => length));
    if (U === 0) return undefined;
    const states_NX = gather(
      ops,
      lists.flatMap((list) => Array.from({ length: U }, (_, u) => list[u])),
    );
    return ops.reshape(states_NX, [rows.length, U, ...states_NX.shape.slice(1)]);
  }

  #dropNodes(stores: readonly KeyValueStore[], rows: readonly number[]): void {
    if (stores.length > 0)
      this.#engine.commitKeyValues(
        stores,
        rows,
        rows.map(() => []),
      );
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

function dropStates({ undecided }: ScanSlot, row: number): void {
  for (const { chunk } of undecided.get(row) ?? []) chunk.release();
  undecided.delete(row);
}
