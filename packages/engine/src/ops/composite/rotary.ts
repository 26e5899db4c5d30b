// B rows, T nodes, H attention heads, d width of one attention head.
import { type Tensor, type Tensor4D, tf } from '../../tensor.ts';

/** Turns the pairs (j, j + d/2) by angles whose cosines and sines are [B*T,d/2]; direction -1 turns back. */
export function rotate(x_BTHd: Tensor4D, tables: readonly Tensor[], direction: 1 | -1): Tensor4D {
  if (x_BTHd.size === 0) return tf.zeros(x_BTHd.shape);
  const [B, T, , d] = x_BTHd.shape;
  const [cos, sine] = tables.map((table) => tf.reshape(table, [B, T, 1, d / 2]));
  const sin = tf.mul(sine, direction);
  const [low, high] = tf.split(x_BTHd, 2, 3);
  const turned = [
    tf.sub(tf.mul(low, cos), tf.mul(high, sin)),
    tf.add(tf.mul(high, cos), tf.mul(low, sin)),
  ] as Tensor4D[];
  return tf.concat(turned, 3);
}
