// B rows, T nodes, r query heads that share a key/value head.
import { derived, type Nodes } from '../nodes.ts';
import { type Tensor, tf } from '../tensor.ts';

/** Added to the score of a key that is not seen: its exponential is exactly 0. */
export const HIDDEN = -1e30;

/**
 * What each node of a row sees without a past: its parent's sight and itself.
 * @returns [T,T], 0 where a key is seen
 */
export function ancestorMask(at: Nodes, row: number): Float32Array {
  const { T } = at;
  const mask = new Float32Array(T * T).fill(HIDDEN);
  const length = at.length_B[row];
  for (let node = 0; node < T; node++) {
    const parent = node < length ? at.parent_BT[row * T + node] : -1;
    if (parent >= 0) mask.copyWithin(node * T, parent * T, (parent + 1) * T);
    mask[node * T + node] = 0;
  }
  return mask;
}

/** One mask [r*T,T] per row, made once per forward; rows with the same parents share one. */
export function masksOf(at: Nodes, r: number): Tensor[] {
  return derived(at, `mask ${r}`, () => {
    const made = new Map<string, Tensor>();
    return Array.from({ length: at.B }, (_, row) => {
      const parents = at.parent_BT.subarray(row * at.T, (row + 1) * at.T);
      const key = `${at.length_B[row]}:${parents.join()}`;
      const known = made.get(key) ?? repeated(ancestorMask(at, row), r, at.T);
      made.set(key, known);
      return known;
    });
  });
}

function repeated(mask: Float32Array, r: number, T: number): Tensor {
  const all = new Float32Array(r * T * T);
  for (let copy = 0; copy < r; copy++) all.set(mask, copy * T * T);
  return tf.tensor2d(all, [r * T, T]);
}
