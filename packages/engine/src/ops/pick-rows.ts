// M rows wanted, X... the shape of one row.
import type { Tensor } from '../tensor.ts';
import type { Ops } from './contract.ts';

/** See `EngineOps.pickRows`. */
export function pickRows(
  ops: Pick<Ops, 'concat' | 'gatherRows'>,
  tensors_M: readonly Tensor[],
  rows_M: readonly number[],
): Tensor {
  const [first] = tensors_M;
  if (tensors_M.every((tensor) => tensor === first)) {
    const isWhole = rows_M.length === first.shape[0] && rows_M.every((row, index) => row === index);
    return isWhole ? first : ops.gatherRows(first, rows_M);
  }
  const start = new Map<Tensor, number>();
  let size = 0;
  for (const tensor of tensors_M) {
    if (start.has(tensor)) continue;
    start.set(tensor, size);
    size += tensor.shape[0];
  }
  const all = ops.concat([...start.keys()], 0);
  return ops.gatherRows(
    all,
    rows_M.map((row, index) => start.get(tensors_M[index])! + row),
  );
}
