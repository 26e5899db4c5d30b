import { existsSync } from 'node:fs';
import type { EngineStatus } from '../../engine.ts';
import { ForetokenError } from '../../errors.ts';
import { tf } from '../../tensor.ts';
import { type TfjsBackend, tfjsEngine } from '../../tfjs/internals.ts';
import { activateBackend, reasonOf, refuseTuning } from '../activate.ts';
import type { EngineDriver } from '../driver.ts';
import { importInstalled } from '../installed.ts';
import { tensorflowKernels } from './kernels.ts';
import { restoreUtil } from './old-node.ts';
import {
  findTensorflowPackage,
  INSTALL_COMMAND,
  LINK_COMMAND,
  TENSORFLOW_PACKAGES,
  type TensorflowPackage,
  unfitPackage,
} from './package.ts';
import { probeBinding, TENSORFLOW_ENVIRONMENT } from './probe.ts';

/** tfjs' backend over TensorFlow's C library: CUDA through TensorFlow, or its processor kernels. */
export const tensorflowDriver: EngineDriver = {
  name: 'tensorflow',
  async status() {
    try {
      return await describe();
    } catch (error) {
      return { name: 'tensorflow', available: false, detail: reasonOf(error) };
    }
  },
  async start(options) {
    refuseTuning('tensorflow', options);
    const found = usable();
    if (typeof found === 'string') throw unavailable(found);
    if (tfjsEngine().registry.tensorflow === undefined) await load(found);
    await activateBackend('tensorflow');
    const { binding, isUsingGpuDevice } = tfjsEngine().registry.tensorflow as TensorflowBackend;
    const device = isUsingGpuDevice ? 'gpu' : 'processor';
    const fingerprint = `tfjs-${tf.version.tfjs} tensorflow-${binding.TF_Version} ${device} ${process.arch} v8-${process.versions.v8}`;
    return { threads: 1, fingerprint, kernels: tensorflowKernels() };
  },
};

/** What tfjs-node's backend tells of TensorFlow. */
interface TensorflowBackend extends TfjsBackend {
  readonly binding: { readonly TF_Version: string };
  readonly isUsingGpuDevice: boolean;
}

/** The package to load, or why there is none. */
function usable(): TensorflowPackage | string {
  const found = findTensorflowPackage();
  if (found === undefined) {
    return `not installed: ${TENSORFLOW_PACKAGES.join(' or ')}; run ${INSTALL_COMMAND}, then ${LINK_COMMAND}`;
  }
  const unfit = unfitPackage(found);
  if (unfit !== undefined) return unfit;
  if (existsSync(found.binding)) return found;
  return `${found.name} has no binding for this Node (${found.binding}); run ${LINK_COMMAND}`;
}

async function describe(): Promise<EngineStatus> {
  const found = usable();
  if (typeof found === 'string') return { name: 'tensorflow', available: false, detail: found };
  const answer = await probeBinding(found.binding);
  if ('reason' in answer) {
    const detail = `the binding of ${found.name} was loaded in a process of its own, and ${answer.reason}; run ${LINK_COMMAND}`;
    return { name: 'tensorflow', available: false, detail };
  }
  const { version, hasGpu } = answer.value;
  const device = hasGpu ? 'on the GPU' : 'on the processor';
  const detail = `${found.name} ${found.version}, TensorFlow ${version}, ${device} (${found.folder})`;
  return { name: 'tensorflow', available: true, detail };
}

/** Importing the package registers its backend and makes it the active one. */
async function load(found: TensorflowPackage): Promise<void> {
  for (const [name, value] of Object.entries(TENSORFLOW_ENVIRONMENT)) process.env[name] ??= value;
  restoreUtil();
  try {
    await importInstalled(found);
  } catch (cause) {
    const reason = `${found.name} does not load: ${reasonOf(cause).split('\n')[0]}; run ${LINK_COMMAND}`;
    throw new ForetokenError('ENGINE_UNAVAILABLE', `engine "tensorflow": ${reason}.`, { cause });
  }
}

const unavailable = (reason: string): ForetokenError =>
  new ForetokenError('ENGINE_UNAVAILABLE', `engine "tensorflow": ${reason}.`);
