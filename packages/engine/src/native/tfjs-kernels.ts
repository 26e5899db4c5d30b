import { ForetokenError } from '../errors.ts';
import { tf } from '../tensor.ts';
import { delegated } from './delegate.ts';
import { KERNELS } from './tfjs/index.ts';

type KernelFunction = tf.KernelConfig['kernelFunc'];

/** Our other engines, by the names that their tfjs backends have. */
const OTHER_BACKENDS = ['wasm', 'cpu', 'webgpu', 'tensorflow'];

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

/** Kernels that tfjs does without where there are none. */
const OPTIONAL = ['FromPixels'];

/** Names of kernels that tfjs exports; those of no backend are among them. */
const knownNames = (): string[] =>
  Object.entries(tf)
    .filter(([key, value]) => key === value && /^_?[A-Z]/.test(key) && !OPTIONAL.includes(key))
    .map(([key]) => key);

/** The error of a kernel that neither the engine nor tfjs' cpu backend has: which, of which operation, and where it runs. */
function missing(name: string): ForetokenError {
  const operation = `${name[0].toLowerCase()}${name.slice(1)}`;
  const owner = operation in tf ? ` (of tf.${operation})` : '';
  const having = OTHER_BACKENDS.filter((backend) =>
    tf.getKernelsForBackend(backend).some(({ kernelName }) => kernelName === name),
  );
  const where =
    having.length === 0
      ? 'No other engine that is loaded has it. Use another operation'
      : `It runs on: ${having.join(', ')}`;
  return new ForetokenError('KERNEL_MISSING', `engine "native" has no kernel ${name}${owner}. ${where}.`);
}

/** What carries a kernel out where the engine does not: tfjs' cpu backend, or nothing. */
function fallback(name: string): KernelFunction {
  const cpu = tf.getKernel(name, 'cpu');
  if (cpu != null) return delegated(name, cpu.kernelFunc);
  return () => {
    throw missing(name);
  };
}

/** Tells tfjs which kernels the native backend has; those that exist nowhere else are refused by name. */
export function registerTfjsKernels(): void {
  const register = (kernelName: string, kernelFunc: KernelFunction) =>
    tf.registerKernel({ kernelName, backendName: 'native', kernelFunc });
  const own = new Set(nativeKernelNames());
  for (const { kernelName, run } of KERNELS) {
    const rest = fallback(kernelName);
    const kernel = run as unknown as (call: Parameters<KernelFunction>[0]) => ReturnType<KernelFunction> | undefined;
    register(kernelName, (call) => kernel(call) ?? rest(call));
  }
  const others = new Set([...delegatedKernelNames(), ...knownNames()]);
  for (const name of others) if (!own.has(name)) register(name, fallback(name));
}
