import { type Tensor, tf } from '../../tensor.ts';
import type { GpuLauncher } from './launcher.ts';
import { toFloat } from './shaders/elementwise.ts';

interface CastCall {
  readonly inputs: { readonly x: Tensor };
  readonly attrs: { readonly dtype: string };
}

/**
 * Replaces tfjs' cast of whole numbers and flags to float32, which renames the tensor and leaves whole numbers in its
 * buffer: shaders that read it as it is declared are refused, or read nonsense.
 */
export function repairCast(gpu: GpuLauncher): void {
  const usual = tf.getKernel('Cast', 'webgpu').kernelFunc;
  const kernelFunc = (call: CastCall) => {
    const { x } = call.inputs;
    if (
      call.attrs.dtype !== 'float32' ||
      !['int32', 'bool'].includes(x.dtype) ||
      tf.util.sizeFromShape(x.shape) === 0
    ) {
      return usual(call as never);
    }
    const size = tf.util.sizeFromShape(x.shape);
    return gpu.compute(toFloat, { outputs: [x.shape], inputs: [x], parameters: [size], groups: gpu.cover(size) })[0];
  };
  tf.unregisterKernel('Cast', 'webgpu');
  tf.registerKernel({ kernelName: 'Cast', backendName: 'webgpu', kernelFunc: kernelFunc as unknown as tf.KernelFunc });
}
