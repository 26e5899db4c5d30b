// R rows, V vocabulary.
import { type Tensor, type Tensor1D, type Tensor2D, tf } from '../../tensor.ts';
import { tidy } from '../../tfjs/scopes.ts';

/** log(sum(exp)) less the target's logit, and softmax less one-hot; zeros where the target is -1. */
export function crossEntropy(logits_RV: Tensor, target_R: Int32Array): { loss_R: Tensor1D; dLogits_RV: Tensor2D } {
  const [R, V] = logits_RV.shape;
  return tidy(() => {
    const isCounted_R = tf.tensor1d(Float32Array.from(target_R, (target) => (target < 0 ? 0 : 1)));
    // Of an ignored row the first class, and nothing of it.
    const place_R2 = Int32Array.from({ length: 2 * R }, (_, at) =>
      at % 2 === 0 ? at / 2 : Math.max(target_R[(at - 1) / 2], 0),
    );
    const isTarget_RV = tf.scatterND(tf.tensor2d(place_R2, [R, 2], 'int32'), isCounted_R, [R, V]);
    const shifted_RV = tf.sub(logits_RV, tf.max(logits_RV, 1, true));
    const total_R = tf.sum(tf.exp(shifted_RV), 1);
    const ofTarget_R = tf.sum(tf.mul(shifted_RV, isTarget_RV), 1);
    const loss_R = tf.mul(tf.sub(tf.log(total_R), ofTarget_R), isCounted_R) as Tensor1D;
    const counted_RV = tf.mul(tf.exp(shifted_RV), tf.reshape(tf.div(isCounted_R, total_R), [R, 1]));
    return { loss_R, dLogits_RV: tf.sub(counted_RV, isTarget_RV) as Tensor2D };
  });
}
