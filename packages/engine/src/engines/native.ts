import type { EngineStatus, Precision } from '../engine.ts';
import { ForetokenError } from '../errors.ts';
import { type Addon, loadAddon } from '../native/addon.ts';
import { NativeBackend } from '../native/backend.ts';
import { nativeKernels } from '../native/kernels.ts';
import { registerTfjsKernels } from '../native/tfjs-kernels.ts';
import { tf } from '../tensor.ts';
import { tfjsEngine } from '../tfjs/internals.ts';
import { activateBackend, reasonOf } from './activate.ts';
import type { EngineDriver } from './driver.ts';

function status(): EngineStatus {
  try {
    const { addon, file } = loadAddon();
    const threads = addon.defaultThreads();
    const bfloat16 = `bfloat16 ${addon.bfloat16Instruction() === '' ? 'rounded' : 'native'}`;
    const count = `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
    const kernels = `C++ kernels for ${addon.instructionSet()}, ${bfloat16}, ${count}`;
    return { name: 'native', available: true, detail: `${kernels} (${file})` };
  } catch (error) {
    // A status is a sentence of its engine: without the code, its name and the full stop.
    return {
      name: 'native',
      available: false,
      detail: reasonOf(error).replace(/^[A-Z_]+: engine "native": |\.$/g, ''),
    };
  }
}

/** What carries products: the instruction set and, where their inputs are rounded to bfloat16, what multiplies those. */
export function nameOfKernels(addon: Addon, precision: Precision): string {
  const set = `native-${addon.instructionSet()}`;
  if (precision === 'float32') return set;
  const instruction = addon.bfloat16Instruction();
  return instruction === '' ? `${set}-${precision}` : `${set}-${precision}-${instruction}`;
}

/** The backend of the process, registered with tfjs at the first start. */
function register(): void {
  if (tfjsEngine().registryFactory.native !== undefined) return;
  const { addon } = loadAddon();
  registerTfjsKernels();
  tf.registerBackend('native', () => new NativeBackend(addon));
}

/** Our own kernels in C++, compiled at install. */
export const nativeDriver: EngineDriver = {
  name: 'native',
  status: async () => status(),
  async start({ threads, precision = 'float32' }) {
    if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
      throw new ForetokenError(
        'OPTIONS_INVALID',
        `engine "native": threads must be an integer from 1 on, got ${threads}.`,
      );
    }
    register();
    await activateBackend('native');
    const backend = tfjsEngine().registry.native as unknown as NativeBackend;
    const { addon } = backend;
    addon.setThreads(threads ?? addon.defaultThreads());
    return {
      threads: addon.threads(),
      fingerprint: `tfjs-${tf.version.tfjs} ${nameOfKernels(addon, precision)} ${process.arch} v8-${process.versions.v8}`,
      kernels: nativeKernels(backend, precision),
      kernelSeconds: () => addon.secondsInCalls(),
    };
  },
};
