// N rows, R rows of a block, V vocabulary of the readout.
import { shapeMismatch } from '../errors.ts';
import type { RowLoss } from '../readout.ts';
import type { Kernels } from './kernels.ts';

/** Cross-entropy rows; target -1 ignores the row. */
export function crossEntropyRows(kernels: Kernels, target_N: Int32Array): RowLoss {
  return (logits_RV, firstRow) => {
    const [R, V] = logits_RV.shape;
    const target_R = target_N.subarray(firstRow, firstRow + R);
    const bad = target_R.findIndex((target) => target >= V);
    if (bad >= 0 || target_R.length !== R) {
      const got = bad >= 0 ? `${target_R[bad]} in row ${firstRow + bad}` : `${target_N.length} targets`;
      throw shapeMismatch('crossEntropyRows', `a target below ${V} for each of ${firstRow + R} rows`, got);
    }
    return kernels.crossEntropy(logits_RV, target_R);
  };
}
