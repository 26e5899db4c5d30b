import type { Memory } from '@foretoken/core';
import type { Engine, KeyValueStore, Nodes, Tensor } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import type { HeadPlan } from './head-plan.ts';
import { SlotMemory } from './slot-memory.ts';

/** The offset that an unrolled memory, which all offsets past the first share, is named after. */
const SHARED = 2;

/** The memory of a whole model: the trunk's and, where the head declares it, each offset's own or one for all. */
export class ModelMemory {
  readonly #engine: Engine;
  readonly #plan: HeadPlan;
  readonly #trunk: SlotMemory;
  readonly #offsets = new Map<number, SlotMemory>();
  readonly #rows = new Set<number>();
  #opened: SlotMemory[] = [];
  /** What rows keep of the open forwards. Keys and values follow when these end, all in one call. */
  #keptRows: number[] = [];
  #keptPaths: (readonly number[])[] = [];
  #hasUndecided = false;

  constructor(engine: Engine, plan: HeadPlan) {
    this.#engine = engine;
    this.#plan = plan;
    this.#trunk = new SlotMemory(engine, 'trunk');
  }

  join(row: number): void {
    this.#rows.add(row);
    for (const memory of this.#all()) memory.join(row);
  }

  leave(row: number): void {
    this.#keepNodes();
    this.#rows.delete(row);
    for (const memory of this.#all()) memory.leave(row);
  }

  fork(from: number, to: number): void {
    this.#keepNodes();
    this.#rows.add(to);
    for (const memory of this.#all()) memory.fork(from, to);
  }

  /** Begins a forward of the trunk. */
  openTrunk(rows: readonly number[], at: Nodes): Memory {
    this.#opened.push(this.#trunk);
    return this.#trunk.open(rows, at);
  }

  /** Begins a forward of one offset. */
  openOffset(offset: number, rows: readonly number[], at: Nodes): Memory {
    if (!this.#plan.hasMemory) return refusing(offset);
    const owner = this.#plan.isUnrolled ? Math.min(offset, SHARED) : offset;
    const memory = this.#offsets.get(owner) ?? this.#createOffset(owner);
    this.#opened.push(memory);
    return memory.open(rows, at);
  }

  /** What must outlive the tidy scope of the forwards that are open. */
  states(): Tensor[] {
    const states: Tensor[] = [];
    for (const memory of this.#opened) states.push(...memory.states());
    return states;
  }

  /** Keeps nodes of a row, once, in every forward that is open. */
  commit(row: number, path: readonly number[]): void {
    for (const memory of this.#opened) memory.commit(row, path);
    this.#keptRows.push(row);
    this.#keptPaths.push(path);
  }

  /** Ends the open forwards. */
  close(): void {
    try {
      this.#keepNodes();
    } finally {
      for (const memory of this.#opened) memory.close();
      this.#opened = [];
    }
  }

  /** Ends the open forwards and leaves their nodes undecided: later forwards may hang nodes below them. */
  suspend(): void {
    for (const memory of this.#opened) memory.suspend();
    this.#hasUndecided = true;
    this.#opened = [];
  }

  /** Drops whatever was left undecided. */
  dropUndecided(): void {
    if (!this.#hasUndecided) return;
    for (const memory of this.#offsets.values()) memory.dropUndecided();
    this.#hasUndecided = false;
  }

  /** Ends the open forwards; of rows that have kept nothing yet, as if they had not been. */
  rollback(): void {
    try {
      this.#keepNodes();
    } finally {
      for (const memory of this.#opened) memory.rollback();
      this.#opened = [];
    }
  }

  dispose(): void {
    for (const memory of this.#all()) memory.dispose();
  }

  /** The keys and values of what rows have kept so far. */
  #keepNodes(): void {
    const [rows, paths] = [this.#keptRows, this.#keptPaths];
    if (rows.length === 0) return;
    this.#keptRows = [];
    this.#keptPaths = [];
    const stores: KeyValueStore[] = [];
    for (const memory of this.#opened) stores.push(...memory.stores());
    if (stores.length > 0) this.#engine.commitKeyValues(stores, rows, paths);
  }

  #all(): SlotMemory[] {
    return [this.#trunk, ...this.#offsets.values()];
  }

  #createOffset(offset: number): SlotMemory {
    const memory = new SlotMemory(this.#engine, `offset-${offset}`);
    for (const row of this.#rows) memory.join(row);
    this.#offsets.set(offset, memory);
    return memory;
  }
}

/** What a head gets that declares no memory. */
function refusing(offset: number): Memory {
  const refuse = () => {
    throw new ForetokenError(
      'OFFSET_UNSUPPORTED',
      `head: offset ${offset} asked for memory, but the head declares none. Declare memory: per-offset or unrolled.`,
    );
  };
  return { kv: refuse, scan: refuse };
}
