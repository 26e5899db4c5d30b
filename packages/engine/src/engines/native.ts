import type { EngineStatus } from '../engine.ts';
import { ForetokenError } from '../errors.ts';
import { loadAddon } from '../native/addon.ts';
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
    const kernels = `C++ kernels for ${addon.instructionSet()}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
    return { name: 'native', available: true, detail: `${kernels} (${file})` };
  } catch (error) {
    return { name: 'native', available: false, detail: reasonOf(error).replace(/^[A-Z_]+: /, '') };
  }
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
      throw new ForetokenError('OPTIONS_INVALID', `engine "native": threads are an integer from 1 on, got ${threads}.`);
    }
    register();
    await activateBackend('native');
    const backend = tfjsEngine().registry.native as unknown as NativeBackend;
    const { addon } = backend;
    addon.setThreads(threads ?? addon.defaultThreads());
    const kernels = `native-${addon.instructionSet()}${precision === 'float32' ? '' : `-${precision}`}`;
    return {
      threads: addon.threads(),
      fingerprint: `tfjs-${tf.version.tfjs} ${kernels} ${process.arch} v8-${process.versions.v8}`,
      kernels: nativeKernels(backend, precision),
    };
  },
};
