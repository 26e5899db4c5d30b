// N rows, V vocabulary.
import { type Tensor1D, type Tensor2D, tf } from '../../tensor.ts';
import { tidy } from '../../tfjs/scopes.ts';

/** The first id of each row whose cumulative probability exceeds the row's share of the whole. */
export function sample(logits_NV: Tensor2D, uniform_N: Float32Array, temperature: number): Tensor1D {
  const [N, V] = logits_NV.shape;
  return tidy(() => {
    const cumulative_NV = tf.cumsum(tf.softmax(tf.mul(logits_NV, 1 / temperature) as Tensor2D), 1);
    const whole_N1 = tf.slice(cumulative_NV, [0, V - 1], [N, 1]);
    const reached_NV = tf.lessEqual(cumulative_NV, tf.mul(whole_N1, tf.tensor2d(uniform_N, [N, 1])));
    const passed_N = tf.sum(tf.cast(reached_NV, 'int32'), 1);
    return tf.minimum(passed_N, tf.scalar(V - 1, 'int32')) as Tensor1D;
  });
}
