import { LAST_COMMITTED, ROOT } from '@foretoken/engine/nodes';
import type { Place } from './chunk.ts';
import type { DraftTree } from './draft-tree.ts';
import type { HeadPlan } from './head-plan.ts';
import type { Lane } from './lanes.ts';

/** The nodes at which one row runs one offset. */
export interface OffsetLane extends Lane {
  readonly draft: DraftTree;
  /** Column of each node. It is also its position, but for nodes of an unrolled memory past offset 2. */
  readonly column: readonly number[];
  /** The drafted token that each node's tokens ahead end with; -1 where all of them are kept already. */
  readonly treeNode: readonly number[];
  /** Leading nodes that are final: their tokens ahead can change no more. */
  readonly numFinal: number;
}

/**
 * Columns that an offset may read for good: all that the trunk has read, unless the head reads tokens ahead. Then
 * offset i at column c reads up to token c + i - 1, which is kept only if it is not beyond the pending one.
 */
export function finalColumns(plan: HeadPlan, offset: number, numColumns: number): number {
  return plan.ahead ? Math.max(0, Math.min(numColumns, numColumns - offset + 2)) : numColumns;
}

/** Columns that an offset has not read yet and that are final, up to `end`. */
export function finalLane(draft: DraftTree, offset: number, end: number): OffsetLane {
  const from = draft.row.readBy(offset);
  const [column, parent, treeNode]: number[][] = [[], [], []];
  for (let at = from; at < end; at++) {
    column.push(at);
    parent.push(at > from ? at - from - 1 : at > 0 ? LAST_COMMITTED : ROOT);
    treeNode.push(-1);
  }
  return { draft, column, position: column, parent, treeNode, numFinal: column.length };
}

/**
 * Where an offset runs to give the level that it drafts: the last column, as often as the frontier has nodes if the
 * head reads them; with memory, before that every column that the offset has not read for good. Where some fill gaps,
 * as many columns before the last one as the furthest look back.
 *
 * Such a column c is final, or reads drafted tokens: then its last one is a drafted node of level c + offset - 1 -
 * (columns read), and its node here hangs below that of the parent of the drafted node, one column before. So the
 * nodes that are not final have the shape of the drafted tree itself.
 *
 * Of an unrolled memory, offset 2 reads the columns, all of them for good; a further offset stands at the last column,
 * one node per node of the frontier, below the node of the offset before it.
 */
export function offsetLane(plan: HeadPlan, offset: number, draft: DraftTree): OffsetLane {
  const { numColumns } = draft.row;
  if (!plan.hasMemory) return lastColumnsLane(plan, draft);
  if (plan.isUnrolled && offset > 2) return unrolledLane(plan, offset, draft);
  const final = finalLane(draft, offset, finalColumns(plan, offset, numColumns));
  if (!plan.ahead) return final;
  const column = [...final.column];
  const lane = { ...final, column, position: column, parent: [...final.parent], treeNode: [...final.treeNode] };
  const nodeOf = new Map<number, number>();
  for (const treeNode of offset > 2 ? draft.frontierPaths() : []) {
    const level = draft.levelOf(treeNode);
    const at = numColumns + 1 - offset + level;
    if (at < 0) continue;
    const afterFinal = final.numFinal > 0 ? final.numFinal - 1 : LAST_COMMITTED;
    const parent = at === 0 ? ROOT : level === 1 ? afterFinal : nodeOf.get(draft.parentOf(treeNode))!;
    nodeOf.set(treeNode, lane.parent.push(parent) - 1);
    column.push(at);
    lane.treeNode.push(treeNode);
  }
  return lane;
}

function lastColumnsLane(plan: HeadPlan, draft: DraftTree): OffsetLane {
  const last = draft.row.numColumns - 1;
  const column: number[] = [];
  const treeNode: number[] = [];
  for (const node of plan.ahead ? draft.frontier : [-1]) {
    for (let at = Math.max(0, last - plan.mostBack); at <= last; at++) {
      column.push(at);
      treeNode.push(node);
    }
  }
  return { draft, column, position: column, parent: column.map(() => ROOT), treeNode, numFinal: 0 };
}

function unrolledLane(plan: HeadPlan, offset: number, draft: DraftTree): OffsetLane {
  const lane = lastColumnsLane(plan, draft);
  return {
    ...lane,
    position: lane.column.map((at) => at + offset - 2),
    parent: lane.treeNode.map((node) =>
      offset === 3 ? LAST_COMMITTED : draft.undecided.get(nodeBefore(draft, node))!,
    ),
  };
}

/** The drafted node after which the offset before ran: one token less is read ahead there. */
function nodeBefore(draft: DraftTree, treeNode: number): number {
  return treeNode < 0 ? -1 : draft.parentOf(treeNode);
}

/** Where an offset finds its neighbour's carry for one of its nodes. */
export function carryPlace(
  plan: HeadPlan,
  offset: number,
  { draft, column: columns, treeNode }: OffsetLane,
  index: number,
): Place {
  const { row } = draft;
  const column = columns[index];
  const drafted = treeNode[index];
  if (offset === 2) return row.carriesOf(1).at(column);
  // One token less is read ahead there: a first drafted token leaves only kept ones, which is a final column.
  const isFinalThere = plan.hasMemory && !plan.isUnrolled && draft.levelOf(drafted) < 2;
  if (isFinalThere) return row.carriesOf(offset - 1).at(column);
  // An offset that ran along with the trunk is none of this draft: what it left lies with the row.
  return draft.carries.get(nodeBefore(draft, drafted)) ?? row.carriesOf(offset - 1).at(column);
}
