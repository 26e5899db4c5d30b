// B rows, T positions, S = 2 T nodes, D width.
import type { Arrangement, Batch, Ops, Tensor1D, Tensor3D } from '@foretoken/core/plugin';

/**
 * Puts a register beside each position: a leaf below it, so that it sees the text up to there and itself, and nothing
 * sees it. Registers come after the text of their row, which is the same to the attention as between its tokens.
 *
 * A register stands at the position of the token that would predict its target as the next one: position + distance - 1.
 * It is one learnable vector; the position alone says how far ahead it looks.
 * @param distance_B - how far ahead the registers of each row predict
 * @source Gerontopoulos et al. 2025 (MuToR), arXiv:2505.10518, sec. 3
 */
export function arrangeRegisters(
  ops: Ops,
  { x_BTD, at, nodes }: Pick<Batch, 'x_BTD' | 'at' | 'nodes'>,
  register_D: Tensor1D,
  distance_B: Int32Array,
): Arrangement {
  const [B, T] = x_BTD.shape;
  const registers_BTD = ops.add(ops.zeros<Tensor3D>(x_BTD.shape), register_D);
  const position_BT = eachNode(B, T, (n, row) => at.position_BT[n] + distance_B[row] - 1, at.position_BT);
  const parent_BT = eachNode(B, T, (n) => n % T, at.parent_BT);
  return {
    x_BSD: ops.concat([x_BTD, registers_BTD], 1),
    at: nodes({ T: 2 * T, position_BT, parent_BT, length_B: new Int32Array(B).fill(2 * T) }),
    columns_BT: Int32Array.from({ length: B * T }, (_, n) => n % T),
  };
}

/** Per row the text's T values, then those of the registers. */
function eachNode(B: number, T: number, ofRegister: (n: number, row: number) => number, ofText_BT: Int32Array) {
  const all = new Int32Array(B * 2 * T);
  for (let row = 0; row < B; row++) {
    for (let t = 0; t < T; t++) {
      const n = row * T + t;
      all[row * 2 * T + t] = ofText_BT[n];
      all[row * 2 * T + T + t] = ofRegister(n, row);
    }
  }
  return all;
}
