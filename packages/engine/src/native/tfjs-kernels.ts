import { tf } from '../tensor.ts';
import { delegated } from './delegate.ts';
import { KERNELS } from './tfjs/index.ts';

/** tfjs kernels that the engine has itself; the others go through tfjs' cpu backend. */
export const nativeKernelNames = (): string[] => KERNELS.map(({ kernelName }) => kernelName).sort();

/** tfjs kernels that the engine carries out through tfjs' cpu backend, copying there and back. */
export function delegatedKernelNames(): string[] {
  const own = new Set(nativeKernelNames());
  return tf
    .getKernelsForBackend('cpu')
    .map(({ kernelName }) => kernelName)
    .filter((name) => !own.has(name))
    .sort();
}

/** Tells tfjs which kernels the native backend has. */
export function registerTfjsKernels(): void {
  const own = new Set<string>();
  for (const kernel of KERNELS) {
    own.add(kernel.kernelName);
    tf.registerKernel({ ...kernel, backendName: 'native' });
  }
  for (const { kernelName, kernelFunc } of tf.getKernelsForBackend('cpu')) {
    if (own.has(kernelName)) continue;
    tf.registerKernel({ kernelName, backendName: 'native', kernelFunc: delegated(kernelName, kernelFunc) });
  }
}
