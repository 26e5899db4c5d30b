// B rows, T positions, E readout input width, N = B*T rows.
import type { Ops, Tensor2D } from '@foretoken/engine';
import type { RowObjective, Seen } from '../contracts/head.ts';
import { offsetTerm } from '../contracts/term.ts';

/**
 * Cross-entropy of an offset as it is without objectives of a head's own, for heads that add others to it. Call it while
 * the forward is recorded, in `objectives`.
 *
 * @param offset - one that the head predicts in this step
 */
export function crossEntropy(ops: Ops, seen: Seen, offset: number): RowObjective {
  const { hidden_BTE } = seen.offset(offset);
  const [B, T, E] = hidden_BTE.shape;
  return {
    name: offsetTerm(offset),
    hidden_NE: ops.reshape<Tensor2D>(hidden_BTE, [B * T, E]),
    readout: seen.readout(offset),
    rows: seen.rows(offset),
    validRows: seen.validTargets(offset),
  };
}
