// B rows of a forward, T nodes a row, G key/value attention heads, d width of one attention head, C = G*d.
import { ForetokenError } from './errors.ts';
import type { KeyValueStore } from './key-values.ts';
import { LAST_COMMITTED, ROOT } from './nodes.ts';

/**
 * One row's keys and values, as host arrays: the committed nodes first, then the undecided ones in the order they came.
 */
export class KeyValueRow {
  /** [capacity, C] each. */
  keys = new Float32Array(0);
  values = new Float32Array(0);
  /** Number of committed nodes. */
  committed = 0;
  /** First committed node that later nodes see: where the last document starts. */
  visibleFrom = 0;
  /** Parent of each undecided node, numbered from 0; {@link LAST_COMMITTED} or {@link ROOT}. */
  parents: number[] = [];

  /** Makes room for `count` more nodes of C values. */
  reserve(count: number, C: number): void {
    const needed = (this.committed + this.parents.length + count) * C;
    if (needed <= this.keys.length) return;
    const size = Math.max(needed, 2 * this.keys.length, 16 * C);
    this.keys = grown(this.keys, size);
    this.values = grown(this.values, size);
  }

  /** Keeps the nodes of a path as committed ones and drops the other undecided nodes. */
  commit(path: readonly number[], C: number): void {
    this.keep(path, C);
    for (const [index, node] of path.entries()) {
      if (this.parents[node] === ROOT) this.visibleFrom = this.committed + index;
    }
    this.committed += path.length;
    this.parents = [];
  }

  /** Moves what is stored of the nodes of a path behind the committed ones. */
  protected keep(path: readonly number[], C: number): void {
    const from = path.map((node) => this.committed + node);
    this.keys = moved(this.keys, from, this.committed, C);
    this.values = moved(this.values, from, this.committed, C);
  }

  /** Gives back what lies outside this object; the row is not used again. */
  free(): void {}

  /** A copy of the committed part. */
  fork(C: number): KeyValueRow {
    const copy = new KeyValueRow();
    copy.keys = this.keys.slice(0, this.committed * C);
    copy.values = this.values.slice(0, this.committed * C);
    copy.committed = this.committed;
    copy.visibleFrom = this.visibleFrom;
    return copy;
  }

  /**
   * Which nodes an undecided node sees, as indices into `keys`: from {@link visibleFrom} to `committed` unless its
   * document starts among the undecided, then its undecided ancestors and itself, oldest first.
   */
  visible(node: number): { committed: boolean; undecided: number[] } {
    const undecided: number[] = [];
    let at = node;
    while (at >= 0) {
      undecided.push(this.committed + at);
      at = this.parents[at];
    }
    undecided.reverse();
    return { committed: at === LAST_COMMITTED, undecided };
  }
}

function grown(values: Float32Array<ArrayBuffer>, size: number): Float32Array<ArrayBuffer> {
  const larger = new Float32Array(size);
  larger.set(values);
  return larger;
}

function moved(
  values: Float32Array<ArrayBuffer>,
  from: readonly number[],
  to: number,
  C: number,
): Float32Array<ArrayBuffer> {
  const ascending = from.every((index, at) => at === 0 || index > from[at - 1]);
  // Each node of an ascending path lies at or behind its new place, so moving in order overwrites nothing still needed.
  const source = ascending ? values : values.slice();
  for (const [at, index] of from.entries()) {
    if (index !== to + at || !ascending) values.set(source.subarray(index * C, (index + 1) * C), (to + at) * C);
  }
  return values;
}

/** Keys and values of one attention layer as host arrays, one growing block per row. */
export class HostKeyValueStore implements KeyValueStore {
  readonly slot: string;
  private readonly rows = new Map<number, KeyValueRow>();
  private bound: readonly number[] = [];
  private rowSize = 0;

  constructor(slot: string) {
    this.slot = slot;
  }

  join(row: number): void {
    if (this.rows.has(row)) throw misuse(this.slot, `row ${row} is open already`);
    this.rows.set(row, this.createRow());
  }

  leave(row: number): void {
    this.row(row).free();
    this.rows.delete(row);
  }

  fork(from: number, to: number): void {
    const source = this.row(from);
    this.join(to);
    this.rows.set(to, source.fork(this.rowSize));
  }

  bind(rows: readonly number[]): void {
    for (const row of rows) this.row(row);
    this.bound = [...rows];
  }

  commit(row: number, path: readonly number[]): void {
    const kept = this.row(row);
    const unknown = path.find((node) => node < 0 || node >= kept.parents.length);
    if (unknown !== undefined) {
      throw misuse(
        this.slot,
        `row ${row} has ${kept.parents.length} undecided nodes, so node ${unknown} cannot be kept`,
      );
    }
    kept.commit(path, this.rowSize);
  }

  length(row: number): number {
    return this.row(row).committed;
  }

  undecided(row: number): number {
    return this.row(row).parents.length;
  }

  dispose(): void {
    for (const row of this.rows.values()) row.free();
    this.rows.clear();
    this.bound = [];
  }

  /**
   * The rows of this forward, in batch order.
   * @param C - values of one node; the same in every forward
   */
  rowsOf(B: number, C: number): KeyValueRow[] {
    if (this.bound.length !== B) throw misuse(this.slot, `${this.bound.length} rows are bound, the forward has ${B}`);
    if (this.rowSize !== 0 && this.rowSize !== C) {
      throw misuse(this.slot, `nodes have ${this.rowSize} values, this forward brings ${C}`);
    }
    this.rowSize = C;
    return this.bound.map((row) => this.row(row));
  }

  /** An empty row; an engine that stores nodes elsewhere has its own. */
  protected createRow(): KeyValueRow {
    return new KeyValueRow();
  }

  private row(row: number): KeyValueRow {
    const found = this.rows.get(row);
    if (found === undefined) throw misuse(this.slot, `row ${row} is not open`);
    return found;
  }
}

function misuse(slot: string, rule: string): ForetokenError {
  return new ForetokenError(
    'SESSION_MISUSE',
    `key/value store "${slot}": ${rule}. Mend the caller: open a row once, bind it, keep what it brought.`,
  );
}
