// N rows, R rows of a block, V vocabulary of the readout.
import { shapeMismatch } from '../errors.ts';
import { crossEntropy } from '../loops/cross-entropy.ts';
import type { RowLoss } from '../readout.ts';
import type { Tensor1D, Tensor2D } from '../tensor.ts';
import { hostCompute } from '../tfjs/host.ts';
import { softmaxOf } from './reduce.ts';

/** Cross-entropy rows; target -1 ignores the row. */
export function crossEntropyRows(target_N: Int32Array): RowLoss {
  return (logits_RV, firstRow) => {
    const [R, V] = logits_RV.shape;
    const target_R = target_N.subarray(firstRow, firstRow + R);
    const bad = target_R.findIndex((target) => target >= V);
    if (bad >= 0 || target_R.length !== R) {
      const got = bad >= 0 ? `${target_R[bad]} in row ${firstRow + bad}` : `${target_N.length} targets`;
      throw shapeMismatch('crossEntropyRows', `a target below ${V} for each of ${firstRow + R} rows`, got);
    }
    const probabilities_RV = softmaxOf(logits_RV);
    const inputs = [probabilities_RV, logits_RV];
    const [loss_R, dLogits_RV] = hostCompute(inputs, [[R], [R, V]], ([loss, flow], [probabilities, logits]) => {
      crossEntropy(loss, flow, probabilities, logits, target_R, V);
    });
    probabilities_RV.dispose();
    return { loss_R: loss_R as Tensor1D, dLogits_RV: dLogits_RV as Tensor2D };
  };
}
