import { ForetokenError } from '../../errors.ts';
import { tf } from '../../tensor.ts';
import { tfjsEngine } from '../../tfjs/internals.ts';
import { activateBackend, reasonOf, refuseTuning } from '../activate.ts';
import type { EngineDriver } from '../driver.ts';
import type { GpuAdapterInfo } from './dawn.ts';
import { openGpu } from './device.ts';
import { DawnEvents } from './events.ts';
import { webgpuKernels } from './kernels.ts';
import { GpuLauncher } from './launcher.ts';
import { findPackages, type WebGpuPackages } from './packages.ts';
import { probeGpu } from './probe.ts';
import { addReadBack } from './read-back.ts';
import { repairKernels } from './repairs.ts';
import type { WebGpuBackend } from './tfjs-backend.ts';

/** tfjs' WebGPU backend on Dawn: any GPU that has a Vulkan, Metal or Direct3D 12 driver. */
export const webgpuDriver: EngineDriver = {
  name: 'webgpu',
  async status() {
    try {
      const packages = findPackages();
      if (typeof packages === 'string') return { name: 'webgpu', available: false, detail: packages };
      const probe = await probeGpu(packages);
      if ('reason' in probe) return { name: 'webgpu', available: false, detail: probe.reason };
      const kind = probe.info.isFallbackAdapter ? 'software, slow: ' : '';
      const detail = `tfjs ${tf.version.tfjs} on Dawn (webgpu ${packages.dawn.version}): ${kind}${nameOf(probe.info)}`;
      return { name: 'webgpu', available: true, detail };
    } catch (error) {
      return { name: 'webgpu', available: false, detail: reasonOf(error) };
    }
  },
  async start(options) {
    refuseTuning('webgpu', options);
    const packages = findPackages();
    if (typeof packages === 'string') throw unavailable(packages);
    const { registry } = tfjsEngine();
    if (registry.webgpu === undefined) await register(packages);
    await activateBackend('webgpu');
    const { ours } = registry.webgpu as WebGpuBackend;
    const { info, launcher } = ours as NonNullable<typeof ours>;
    const versions = `tfjs-${tf.version.tfjs} webgpu-${packages.dawn.version}`;
    const fingerprint = `${versions} ${nameOf(info)} ${process.arch} v8-${process.versions.v8}`;
    return { threads: 1, fingerprint, kernels: webgpuKernels(launcher) };
  },
};

/** `MatMulPackedProgram`, for the products that are left to tfjs. */
const PACKED_PRODUCT = 3;

async function register(packages: WebGpuPackages): Promise<void> {
  const events = new DawnEvents();
  const opened = await openGpu(packages, events);
  if (opened === undefined) {
    const probe = await probeGpu(packages);
    throw unavailable('reason' in probe ? probe.reason : 'the GPU vanished; try again');
  }
  const { backend, info, gpu } = opened;
  addReadBack(backend, events);
  const launcher = new GpuLauncher(backend);
  backend.ours = { info, gpu, launcher };
  // A process that ends while the GPU works, as one that throws does, may crash in the driver.
  process.once('exit', () => backend.device.destroy());
  repairKernels(launcher);
  // Never on the host, and one way of summing whatever the size: a row's bits must not depend on the other rows.
  for (const [flag, value] of [
    ['WEBGPU_CPU_FORWARD', false],
    ['WEBGPU_MATMUL_PROGRAM_TYPE', PACKED_PRODUCT],
  ] as const) {
    // Registered, not set: a reset of tfjs' flags keeps it.
    tf.env().registerFlag(flag, () => value);
  }
  tf.registerBackend('webgpu', () => backend as unknown as tf.KernelBackend, 0);
}

const nameOf = ({ vendor, architecture, description, device }: GpuAdapterInfo): string =>
  [vendor, architecture, description || device].filter((part) => part !== '').join(' ');

const unavailable = (reason: string): ForetokenError =>
  new ForetokenError(
    'ENGINE_UNAVAILABLE',
    `engine "webgpu": ${reason}. Use another engine, or see what "foretoken doctor" says of this one.`,
  );
