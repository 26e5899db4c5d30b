import { LoopAttender } from '../loops/attend.ts';
import { hostKernels } from '../ops/host-kernels.ts';
import { tf } from '../tensor.ts';
import { activateBackend, refuseTuning } from './activate.ts';
import type { EngineDriver } from './driver.ts';

const attender = new LoopAttender();

/** tfjs' cpu backend: plain JavaScript, everywhere, slow. */
export const cpuDriver: EngineDriver = {
  name: 'cpu',
  status: async () => ({
    name: 'cpu',
    available: true,
    detail: `tfjs ${tf.version.tfjs}, plain JavaScript, 1 thread`,
  }),
  async start(options) {
    refuseTuning('cpu', options);
    await activateBackend('cpu');
    const fingerprint = `tfjs-${tf.version.tfjs} cpu ${process.arch} v8-${process.versions.v8}`;
    return { threads: 1, fingerprint, kernels: hostKernels(attender) };
  },
};
