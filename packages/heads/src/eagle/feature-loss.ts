// B rows, T positions, D width, N = B*T rows.
import {
  crossEntropy,
  type Objective,
  type Ops,
  type Scalar,
  type Seen,
  type Tensor2D,
  type Tensor3D,
} from '@foretoken/core/plugin';
import { documentsOf } from '../objectives/documents.ts';

/**
 * Token loss of every offset and, of every further one, a feature loss: what offset i gives for position t should be
 * what the trunk gives for position t+i-1.
 *
 * @param weight - of a feature loss beside its token loss
 * @source Li et al. 2024 (EAGLE), arXiv:2401.15077, sec. 4.2: smooth L1, 10 times the token loss
 */
export const eagleObjectives =
  (ops: Ops, weight: number) =>
  (seen: Seen): Objective[] => {
    const offsets = Array.from({ length: seen.horizon }, (_, i) => i + 1);
    return [
      ...offsets.map((offset) => crossEntropy(ops, seen, offset)),
      ...offsets.slice(1).map((offset) => ({
        name: `feature-${offset}`,
        value: ops.mul(featureLoss(ops, seen, offset), weight),
      })),
    ];
  };

/** Mean over the features of all positions whose feature is in the same window and document; 0 where there is none. */
function featureLoss(ops: Ops, seen: Seen, offset: number): Scalar {
  const { wanted, isValid, numValid } = featureTargets(documentsOf(seen.batch.at), offset);
  const rows = (x_BTD: Tensor3D) => ops.reshape<Tensor2D>(x_BTD, [isValid.length, x_BTD.shape[2]]);
  const wanted_ND = ops.gatherRows(rows(ops.stopGradient(seen.offset(1).carry_BTC)), wanted);
  const error_ND = smoothL1(ops, ops.sub(rows(seen.offset(offset).carry_BTC), wanted_ND));
  const valid_N1 = ops.constant<Tensor2D>(isValid, [isValid.length, 1]);
  const numFeatures = Math.max(numValid, 1) * error_ND.shape[1];
  return ops.div(ops.sum<Scalar>(ops.mul(error_ND, valid_N1)), numFeatures);
}

/** Where each position's wanted feature stands; a position without one stands for itself and does not count. */
function featureTargets(document_N: Int32Array, offset: number) {
  const hasTarget = (n: number) => document_N[n + offset - 1] === document_N[n];
  const wanted = document_N.map((_, n) => (hasTarget(n) ? n + offset - 1 : n));
  const isValid = Float32Array.from(document_N, (_, n) => Number(hasTarget(n)));
  return { wanted, isValid, numValid: isValid.reduce((sum, one) => sum + one, 0) };
}

/** Half the square within 1, the distance less a half beyond it. */
function smoothL1(ops: Ops, difference_ND: Tensor2D): Tensor2D {
  const distance_ND = ops.abs(difference_ND);
  const near_ND = ops.minimum(distance_ND, 1);
  return ops.add(ops.mul(ops.square(near_ND), 0.5), ops.sub(distance_ND, near_ND));
}
