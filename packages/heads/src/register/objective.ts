// B rows, T positions, S = 2 T nodes, D width, N = B*T rows.
import type { Ops, RowObjective, Seen, Tensor2D } from '@foretoken/core/plugin';
import { tokensAhead } from '../objectives/tokens-ahead.ts';

/**
 * Cross-entropy of the registers against the token that each looks ahead to, in the document and as far as it is known.
 *
 * A batch's mean counts in the step by its share of next-token targets: how many registers of the step's other batches
 * have a target depends on what those draw.
 * @param distance_B - how far ahead the registers of each row predict
 */
export function registerObjective(ops: Ops, seen: Seen, distance_B: Int32Array, maxOffset: number): RowObjective {
  const [B, S, D] = seen.trunk(1).shape;
  const T = S / 2;
  const registers_BTD = ops.slice(seen.trunk(1), [0, T, 0], [B, T, D]);
  const text = tokensAhead((offset) => seen.target(offset), { T, maxOffset });
  const target_N = Int32Array.from({ length: B * T }, (_, n) => {
    const distance = distance_B[Math.floor(n / T)];
    return distance <= text.count(n) ? text.token(n, distance) : -1;
  });
  const numValid = countTargets(target_N);
  return {
    name: 'register',
    hidden_NE: ops.reshape<Tensor2D>(registers_BTD, [B * T, D]),
    readout: seen.readout(1),
    rows: ops.crossEntropyRows(target_N),
    validRows: numValid && (numValid * seen.validTargets(1)) / countTargets(seen.target(1)),
  };
}

function countTargets(target_N: Int32Array): number {
  return target_N.reduce((sum, target) => sum + Number(target >= 0), 0);
}
