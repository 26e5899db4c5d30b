// R rows, V vocabulary.

/**
 * Cross-entropy of each row and its gradient (softmax - one-hot), from the rows' softmax.
 *
 * The logarithm of the normalizer is that of the largest probability, so a target of probability 0 costs what its
 * logit says and not infinity.
 * @param loss_R - written; 0 for an ignored row
 * @param dLogits_RV - written; zeros for an ignored row
 * @param target_R - vocabulary row, or -1 for an ignored row
 */
export function crossEntropy(
  loss_R: Float32Array,
  dLogits_RV: Float32Array,
  probabilities_RV: Float32Array,
  logits_RV: Float32Array,
  target_R: ArrayLike<number>,
  V: number,
): void {
  dLogits_RV.set(probabilities_RV);
  for (let row = 0; row < target_R.length; row++) {
    const start = row * V;
    const target = target_R[row];
    if (target < 0) {
      loss_R[row] = 0;
      dLogits_RV.fill(0, start, start + V);
      continue;
    }
    let best = start;
    for (let at = start + 1; at < start + V; at++) if (logits_RV[at] > logits_RV[best]) best = at;
    loss_R[row] = logits_RV[best] - logits_RV[start + target] - Math.log(probabilities_RV[best]);
    dLogits_RV[start + target] -= 1;
  }
}
