// R rows of a block, V vocabulary.
import type { Ops, RowLoss, Tensor1D, Tensor2D } from '@foretoken/core/plugin';
import type { TokensAhead } from '../objectives/tokens-ahead.ts';

/**
 * ListNet loss against how soon tokens come: -sum_v q(v) log softmax(logits)(v), where q is the softmax of the proximity
 * scores. A token whose next occurrence is d tokens ahead has the score window - d; one that does not occur within the
 * window, the document or what is known of it has none, and q 0. A row without any token ahead is ignored.
 *
 * Targets are made for one block of rows at a time: no [N,V] is ever whole.
 * @source Zuhri et al. 2025 (TOP), arXiv:2508.19228, sec. 3; Cao et al. 2007, ICML (ListNet)
 */
export function orderRows(ops: Ops, text: TokensAhead, window: number): RowLoss {
  return (logits_RV, firstRow) => {
    const [R, V] = logits_RV.shape;
    const target = new Float32Array(R * V);
    const isCounted = new Float32Array(R);
    for (let r = 0; r < R; r++) {
      isCounted[r] = Number(fillTarget(target.subarray(r * V, (r + 1) * V), text, firstRow + r, window));
    }
    const target_RV = ops.constant<Tensor2D>(target, [R, V]);
    const isCounted_R1 = ops.constant<Tensor2D>(isCounted, [R, 1]);
    return {
      loss_R: ops.neg(ops.sum<Tensor1D>(ops.mul(target_RV, ops.logSoftmax(logits_RV)), 1)),
      dLogits_RV: ops.sub(ops.mul(ops.softmax(logits_RV), isCounted_R1), target_RV),
    };
  };
}

/**
 * Fills in softmax(scores) of one row. Scores fall by 1 from token to token, so weights by a factor of e.
 * @returns whether any token lies ahead
 */
function fillTarget(target_V: Float32Array, text: TokensAhead, row: number, window: number): boolean {
  const numAhead = Math.min(window, text.count(row));
  const weights = new Map<number, number>();
  for (let distance = 1; distance <= numAhead; distance++) {
    const token = text.token(row, distance);
    if (!weights.has(token)) weights.set(token, Math.exp(1 - distance));
  }
  const sum = [...weights.values()].reduce((total, weight) => total + weight, 0);
  for (const [token, weight] of weights) target_V[token] = weight / sum;
  return numAhead > 0;
}
