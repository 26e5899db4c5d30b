import type { Chunk, ColumnPlaces } from './chunk.ts';
import type { HeadPlan } from './head-plan.ts';
import type { Row } from './row.ts';

/** What a forward of the trunk leaves for drafting. */
export interface DraftInputs {
  /** Offsets that ran in it, in this order. */
  readonly along: readonly number[];
  /** Taps, and what the further offsets said. Absent where nobody reads them. */
  readonly columns?: Chunk;
  /** Carry of the last offset along, where one beyond it may read it. */
  readonly carry?: Chunk;
}

/** Which of a forward's nodes are columns of one row now. */
export interface KeptNodes {
  /** Of the row's own nodes, one for each column. */
  readonly nodes: readonly number[];
  /** The forward's number of the row's first node. */
  readonly first: number;
  /** Columns of the row that have been read with them. */
  readonly end: number;
}

/** Lets a row point to what a forward left at its last columns, as far as a draft to come may read it. */
export function keepInputs(row: Row, plan: HeadPlan, { along, columns, carry }: DraftInputs, kept: KeptNodes): void {
  const { end } = kept;
  if (plan.hasMemory) {
    for (const offset of along) row.setReadBy(offset, end);
    // An offset along read its neighbour's carry there and then, so that carry is none of those that lie with the row.
    row.dropReadCarries();
  }
  if (columns) keep(row.columns, columns, kept, neededFrom(row, plan, end));
  if (!carry) return;
  const last = along[along.length - 1];
  keep(row.carriesOf(last), carry, kept, plan.hasMemory ? row.readBy(last + 1) : end - 1);
}

/** Lets go of columns and carries that every offset has read for good. */
export function dropRead(row: Row, plan: HeadPlan): void {
  if (!plan.hasMemory || plan.further === 'along' || plan.trained === 0) return;
  row.columns.dropBefore(neededFrom(row, plan, row.numColumns));
  row.dropReadCarries();
}

/** The first column that a draft may look at, where the trunk has read up to `end`. */
function neededFrom(row: Row, plan: HeadPlan, end: number): number {
  const last = end - 1 - plan.mostBack;
  if (!plan.hasMemory || plan.further === 'along') return last;
  // A memory of its own that was never asked for may be yet, and would start from the first column.
  if (plan.extends && !plan.isUnrolled) return 0;
  let from = last;
  for (const offset of plan.readers) from = Math.min(from, row.readBy(offset));
  return from;
}

function keep(places: ColumnPlaces, chunk: Chunk, { nodes, first, end }: KeptNodes, from: number): void {
  places.dropBefore(from);
  const begin = end - nodes.length;
  for (let index = Math.max(0, from - begin); index < nodes.length; index++) {
    places.push({ chunk, node: first + nodes[index] });
  }
}
