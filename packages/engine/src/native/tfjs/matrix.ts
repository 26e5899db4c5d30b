// P matrices in a batch, M rows, K inner axis, N columns.
import { tf } from '../../tensor.ts';
import { defineKernel } from './kernel.ts';

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Matrix products. */
export const MATRIX_KERNELS = [
  defineKernel('BatchMatMul', ({ inputs: { a, b }, attrs: { transposeA, transposeB }, backend }) => {
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const [rows, columns] = a.shape.slice(-2);
    const [M, K] = transposeA ? [columns, rows] : [rows, columns];
    const [depth, N] = transposeB ? b.shape.slice(-2).reverse() : b.shape.slice(-2);
    tf.util.assert(K === depth, () => `matMul: inner shapes (${K}) and (${depth}) must match`);
    const repeated = [a, b].map((side) => repeatedTo(side, batch, backend));
    const [left, right] = repeated.map(({ dataId }) => backend.find(dataId).handle);
    const handle = backend.addon.product(left, right, sizeOf(batch), M, N, K, transposeA, transposeB, 0, 0, false);
    for (const [index, side] of repeated.entries()) if (side !== [a, b][index]) backend.disposeInfo(side);
    return backend.adopt(handle, [...batch, M, N]);
  }),
];

type Info = Parameters<Parameters<typeof defineKernel>[1]>[0]['inputs'][string];
type Backend = Parameters<Parameters<typeof defineKernel>[1]>[0]['backend'];

/** A batch of matrices repeated along its leading axes to a broadcast shape. */
function repeatedTo(x: Info, batch: readonly number[], backend: Backend): Info {
  const own = x.shape.slice(0, -2);
  if (tf.util.arraysEqual(own, [...batch])) return x;
  const matrix = x.shape.slice(-2);
  const padded = [...batch.map(() => 1).slice(own.length), ...own];
  const rows = new Int32Array(sizeOf(batch));
  for (let index = 0; index < rows.length; index++) {
    let rest = index;
    let stride = 1;
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      const at = rest % batch[axis];
      rest = Math.floor(rest / batch[axis]);
      if (padded[axis] !== 1) rows[index] += at * stride;
      stride *= padded[axis];
    }
  }
  const handle = backend.addon.gather(backend.find(x.dataId).handle, rows, sizeOf(own), sizeOf(matrix));
  return backend.adopt(handle, [...batch, ...matrix]);
}
