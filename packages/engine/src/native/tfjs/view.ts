// Kernels that give the same values under another shape.
import { tf } from '../../tensor.ts';
import type { TensorInfo } from '../../tfjs/internals.ts';
import { defineKernel, type KernelCall } from './kernel.ts';

function view({ inputs: { x }, backend }: Pick<KernelCall, 'inputs' | 'backend'>, shape: number[]): TensorInfo {
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape, dtype: x.dtype };
}

/** Reshape and its relatives. */
export const VIEW_KERNELS = [
  defineKernel('Identity', (call) => view(call, call.inputs.x.shape)),
  defineKernel('Reshape', (call) => {
    const { x } = call.inputs;
    const size = tf.util.sizeFromShape(x.shape);
    const shape = tf.util.inferFromImplicitShape(call.attrs.shape, size);
    tf.util.assert(size === tf.util.sizeFromShape(shape), () => `a shape for ${size} values, got [${shape}]`);
    return view(call, shape);
  }),
];
