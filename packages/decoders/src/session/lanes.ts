// B rows of a forward, T nodes a row.
import { createNodes, type Nodes } from '@foretoken/engine';

/** The nodes that one row brings to a forward. */
export interface Lane {
  readonly position: readonly number[];
  readonly parent: readonly number[];
}

/** Lays ragged lanes out as one padded batch. Padding goes on as a chain, so that batches of text stay chains. */
export function nodesOf(lanes: readonly Lane[]): Nodes {
  const T = Math.max(...lanes.map(({ parent }) => parent.length));
  const parent_BT = new Int32Array(lanes.length * T);
  for (const [b, { parent }] of lanes.entries()) {
    for (let t = 0; t < T; t++) parent_BT[b * T + t] = parent[t] ?? t - 1;
  }
  return createNodes({
    T,
    position_BT: padded(
      lanes.map(({ position }) => position),
      T,
    ),
    parent_BT,
    length_B: Int32Array.from(lanes, ({ parent }) => parent.length),
  });
}

/** Ragged lists side by side, each filled up with zeros to T. */
export function padded(lists: readonly ArrayLike<number>[], T: number): Int32Array {
  const out_BT = new Int32Array(lists.length * T);
  for (const [b, list] of lists.entries()) out_BT.set(list, b * T);
  return out_BT;
}
