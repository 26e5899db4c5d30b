// B rows, T nodes a row, X... the shape of one state.
import { LAST_COMMITTED, type Nodes, type Ops, type Tensor } from '@foretoken/engine';

/** Where a recurrence stands before a forward. */
export interface ScanStart {
  /** State before the first token of a document. */
  readonly start_X: Tensor;
  /** State after the last committed token of each row; absent when nothing is committed (training). */
  readonly committed_BX?: Tensor;
  /** States of the undecided nodes of earlier forwards, [B, U, X...]. */
  readonly undecided_BUX?: Tensor;
}

/**
 * Runs a recurrence over the nodes of a forward, parents before children: the body of `Memory.scan`, for a training
 * step and for a decoding session alike.
 *
 * @returns states_BTX, the state after each node
 */
export function scanNodes(
  ops: Ops,
  at: Nodes,
  { start_X, committed_BX, undecided_BUX }: ScanStart,
  step: (state_BX: Tensor, node: number) => Tensor,
): Tensor {
  const startRow_1X = ops.reshape(start_X, [1, ...start_X.shape]);
  const earlier = undecided_BUX ? undecided_BUX.shape[1]! : 0;
  const after: Tensor[] = [];
  const row = (x_BX: Tensor, b: number) =>
    ops.slice(x_BX, [b, ...x_BX.shape.slice(1).map(() => 0)], [1, ...x_BX.shape.slice(1)]);
  const column = (u: number, b: number): Tensor => {
    const rest = undecided_BUX!.shape.slice(2);
    const one = ops.slice(undecided_BUX!, [b, u, ...rest.map(() => 0)], [1, 1, ...rest]);
    return ops.reshape(one, [1, ...rest]);
  };
  const stateAfter = (parent: number, b: number): Tensor => {
    if (parent >= earlier) return row(after[parent - earlier], b);
    if (parent >= 0) return column(parent, b);
    return parent === LAST_COMMITTED && committed_BX ? row(committed_BX, b) : startRow_1X;
  };
  for (let t = 0; t < at.T; t++) {
    const parents = Array.from({ length: at.B }, (_, b) => at.parent_BT[b * at.T + t]);
    const shared = parents.every((parent) => parent === parents[0]) ? parents[0] : undefined;
    const whole =
      shared !== undefined && shared >= earlier
        ? after[shared - earlier]
        : shared === LAST_COMMITTED && committed_BX
          ? committed_BX
          : ops.concat(parents.map(stateAfter), 0);
    after.push(step(whole, t));
  }
  return ops.stack(after, 1);
}
