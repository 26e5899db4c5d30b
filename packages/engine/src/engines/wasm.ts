import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { LoopAttender } from '../loops/attend.ts';
import { SimdAttender } from '../loops/attend-simd.ts';
import { hostKernels } from '../ops/host-kernels.ts';
import { tf } from '../tensor.ts';
import { guardHeap } from '../tfjs/heap-guard.ts';
import { tfjsEngine } from '../tfjs/internals.ts';
import { activateBackend, reasonOf, refuseTuning } from './activate.ts';
import type { EngineDriver } from './driver.ts';

/** Folder of the .wasm files, which the npm package brings. */
function wasmFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')) + sep;
}

const hasSimd = (): Promise<boolean> => tf.env().getAsync('WASM_HAS_SIMD_SUPPORT') as Promise<boolean>;

/** tfjs' WebAssembly backend, on one thread. */
export const wasmDriver: EngineDriver = {
  name: 'wasm',
  async status() {
    try {
      const folder = wasmFolder();
      if (!('WebAssembly' in globalThis)) throw new Error('this Node.js runs without WebAssembly');
      const simd = (await hasSimd()) ? ' with SIMD' : '';
      const detail = `tfjs ${tf.version.tfjs}, WebAssembly${simd}, 1 thread (${folder})`;
      return { name: 'wasm', available: true, detail };
    } catch (error) {
      const detail = `${reasonOf(error)}; use the cpu engine or reinstall @tensorflow/tfjs-backend-wasm`;
      return { name: 'wasm', available: false, detail };
    }
  },
  async start(options) {
    refuseTuning('wasm', options);
    const { registry } = tfjsEngine();
    if (registry.wasm === undefined) setWasmPaths(wasmFolder());
    await activateBackend('wasm');
    if (registry.wasm !== undefined) guardHeap(registry.wasm);
    const simd = await hasSimd();
    const fingerprint = `tfjs-${tf.version.tfjs} wasm${simd ? '-simd' : ''} ${process.arch} v8-${process.versions.v8}`;
    return { threads: 1, fingerprint, kernels: hostKernels(simd ? new SimdAttender() : new LoopAttender()) };
  },
};
