// B rows of a forward, T nodes a row.
import { createNodes, type Nodes } from '@foretoken/engine';

/** The nodes that one row brings to a forward. */
export interface Lane {
  readonly position: readonly number[];
  readonly parent: readonly number[];
}

/** Nodes of the lane that has most. */
export function widest(lanes: readonly Lane[]): number {
  let T = 0;
  for (const { parent } of lanes) T = Math.max(T, parent.length);
  return T;
}

/** Lays ragged lanes out as one padded batch. Padding goes on as a chain, so that batches of text stay chains. */
export function nodesOf(lanes: readonly Lane[]): Nodes {
  const T = widest(lanes);
  const position_BT = new Int32Array(lanes.length * T);
  const parent_BT = new Int32Array(lanes.length * T);
  const length_B = new Int32Array(lanes.length);
  for (let b = 0; b < lanes.length; b++) {
    const { position, parent } = lanes[b];
    position_BT.set(position, b * T);
    parent_BT.set(parent, b * T);
    for (let t = parent.length; t < T; t++) parent_BT[b * T + t] = t - 1;
    length_B[b] = parent.length;
  }
  return createNodes({ T, position_BT, parent_BT, length_B });
}
