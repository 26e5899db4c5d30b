// P matrices in a batch, M rows, K inner axis, N columns.
import { tf } from '../../tensor.ts';
import type { TensorInfo } from '../../tfjs/internals.ts';
import type { NativeBackend } from '../backend.ts';
import { leakByNumber, leakOf, sumOf } from './binary.ts';
import { defineKernel, isSameShape, type KernelCall, type NativeKernel, sizeOf } from './kernel.ts';
import { mapped } from './unary.ts';

interface Sides {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** The products of two batches of float32 matrices, with a bias of N values for each row where one is given. */
function product(
  backend: NativeBackend,
  a: TensorInfo,
  b: TensorInfo,
  { transposeA, transposeB }: Sides,
  bias?: TensorInfo,
): TensorInfo {
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [rows, columns] = a.shape.slice(-2);
  const [M, K] = transposeA ? [columns, rows] : [rows, columns];
  const [depth, N] = transposeB ? b.shape.slice(-2).reverse() : b.shape.slice(-2);
  tf.util.assert(K === depth, () => `matMul: inner shapes (${K}) and (${depth}) must match`);
  const repeated = [a, b].map((side) => repeatedTo(side, batch, backend));
  try {
    const [left, right] = repeated.map(({ dataId }) => backend.find(dataId).handle);
    const added = bias === undefined ? 0 : backend.find(bias.dataId).handle;
    const sizes = [sizeOf(batch), M, N, K] as const;
    const made = backend.addon.product(left, right, ...sizes, transposeA, transposeB, added, 0, false);
    return backend.adopt(made, [...batch, M, N]);
  } finally {
    for (const [index, side] of repeated.entries()) if (side !== [a, b][index]) backend.disposeInfo(side);
  }
}

/** A batch of matrices repeated along its leading axes to a broadcast shape. */
function repeatedTo(x: TensorInfo, batch: readonly number[], backend: NativeBackend): TensorInfo {
  const own = x.shape.slice(0, -2);
  if (isSameShape(own, batch)) return x;
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

/** What comes after a product, in turn; each step's input is freed. */
function activated(
  backend: NativeBackend,
  x: TensorInfo,
  { activation, leakyreluAlpha }: KernelCall['attrs'],
  weights: TensorInfo | undefined,
): TensorInfo {
  const name = KERNEL_OF[activation as string];
  if (name === undefined) return x;
  try {
    if (name === 'LeakyRelu') return leakByNumber(backend, x, leakyreluAlpha);
    return name === 'Prelu' ? leakOf(backend, x, weights as TensorInfo) : mapped(backend, name, x);
  } finally {
    backend.disposeInfo(x);
  }
}

/** tfjs' names of the activations that may follow a product; `linear` is none. */
const KERNEL_OF: { readonly [activation: string]: string | undefined } = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
};

function fused({ inputs, attrs, backend }: KernelCall): TensorInfo | undefined {
  const { a, b, bias, preluActivationWeights } = inputs;
  const given = [a, b, bias, preluActivationWeights].filter((input) => input != null);
  const { activation } = attrs;
  const isKnown = activation == null || activation === 'linear' || KERNEL_OF[activation] !== undefined;
  if (!isKnown || given.some(({ dtype }) => dtype !== 'float32')) return undefined;
  const N = b.shape[b.shape.length - (attrs.transposeB ? 2 : 1)];
  const isRow = bias != null && sizeOf(bias.shape) === N && bias.shape[bias.shape.length - 1] === N;
  const isOne = Math.max(...[a, b].map(({ shape }) => sizeOf(shape.slice(0, -2)))) === 1;
  const canFuse = isRow && isOne && bias.shape.length <= Math.max(a.shape.length, b.shape.length);
  const multiplied = product(backend, a, b, attrs, canFuse ? bias : undefined);
  if (bias == null || canFuse) return activated(backend, multiplied, attrs, preluActivationWeights);
  try {
    return activated(backend, sumOf(backend, multiplied, bias), attrs, preluActivationWeights);
  } finally {
    backend.disposeInfo(multiplied);
  }
}

/** Matrix products. */
export const MATRIX_KERNELS: readonly NativeKernel[] = [
  defineKernel('BatchMatMul', ({ inputs: { a, b }, attrs, backend }) =>
    a.dtype === 'float32' && b.dtype === 'float32' ? product(backend, a, b, attrs) : undefined,
  ),
  defineKernel('_FusedMatMul', fused),
];
