import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import type { Engine, EngineName, EngineOptions, EngineStatus } from './engine.ts';
import { ForetokenError } from './errors.ts';
import { HostKeyValueStore } from './key-value-rows.ts';
import { LoopAttender } from './loops/attend.ts';
import { SimdAttender } from './loops/attend-simd.ts';
import { hostKernels } from './ops/host-kernels.ts';
import { createOps } from './ops/index.ts';
import { record } from './record.ts';
import { tf } from './tensor.ts';
import { guardHeap } from './tfjs/heap-guard.ts';
import { tfjsEngine } from './tfjs/internals.ts';
import { MemoryMeter } from './tfjs/memory-meter.ts';
import { tidy } from './tfjs/scopes.ts';

/** Every engine of this version, the default first. */
export const ENGINE_NAMES: readonly EngineName[] = ['wasm', 'cpu'];

const noKeyValues = Object.freeze({ slot: 'none' });

/** Both engines' tensors lie in host memory. */
const ops = createOps(hostKernels);

/**
 * Opens an engine and makes it tfjs' active backend.
 *
 * tfjs has one active backend per process, so the engine opened last is the one that runs; opening one again is cheap
 * and switches back to it.
 * @throws ENGINE_UNKNOWN for a name that no engine has; ENGINE_UNAVAILABLE if it cannot run here
 */
export async function openEngine({ name = 'wasm' }: EngineOptions = {}): Promise<Engine> {
  if (!ENGINE_NAMES.includes(name)) {
    throw new ForetokenError('ENGINE_UNKNOWN', `no engine "${name}". Engines: ${ENGINE_NAMES.join(', ')}.`);
  }
  await activate(name);
  const attender = name === 'wasm' && (await hasSimd()) ? new SimdAttender() : new LoopAttender();
  const meter = MemoryMeter.install(tfjsEngine().state);
  return {
    name,
    threads: 1,
    fingerprint: await fingerprintOf(name),
    ops,
    memory: () => ({ numTensors: tf.memory().numTensors, bytes: meter.bytes, peakBytes: meter.peakBytes }),
    resetPeak: () => {
      meter.peakBytes = meter.bytes;
    },
    tidy,
    record,
    createKeyValueStore: (slot) => new HostKeyValueStore(slot, attender),
    noKeyValues,
  };
}

/** Which engines can run here, and why or why not. Opens none. */
export async function listEngines(): Promise<EngineStatus[]> {
  return Promise.all(ENGINE_NAMES.map(statusOf));
}

async function statusOf(name: EngineName): Promise<EngineStatus> {
  if (name === 'cpu') return { name, available: true, detail: `tfjs ${tf.version.tfjs}, plain JavaScript, 1 thread` };
  try {
    const folder = wasmFolder();
    if (!('WebAssembly' in globalThis)) throw new Error('this Node.js runs without WebAssembly');
    const detail = `tfjs ${tf.version.tfjs}, WebAssembly${(await hasSimd()) ? ' with SIMD' : ''}, 1 thread (${folder})`;
    return { name, available: true, detail };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      name,
      available: false,
      detail: `${reason}; use the cpu engine or reinstall @tensorflow/tfjs-backend-wasm`,
    };
  }
}

/** Folder of the .wasm files, which the npm package brings. */
function wasmFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')) + sep;
}

const hasSimd = (): Promise<boolean> => tf.env().getAsync('WASM_HAS_SIMD_SUPPORT') as Promise<boolean>;

async function activate(name: EngineName): Promise<void> {
  const { registry } = tfjsEngine();
  if (name === 'wasm' && registry.wasm === undefined) setWasmPaths(wasmFolder());
  let cause: unknown;
  const opened = await tf.setBackend(name).catch((error: unknown) => {
    cause = error;
    return false;
  });
  // tfjs prints a banner on the first tensor of the cpu backend.
  if (registry.cpu !== undefined) registry.cpu.firstUse = false;
  if (registry.wasm !== undefined) guardHeap(registry.wasm);
  if (opened) return;
  throw new ForetokenError('ENGINE_UNAVAILABLE', `engine "${name}" did not start.`, { cause });
}

async function fingerprintOf(name: EngineName): Promise<string> {
  const kernels = name === 'wasm' ? `wasm${(await hasSimd()) ? '-simd' : ''}` : 'cpu';
  return `tfjs-${tf.version.tfjs} ${kernels} ${process.arch} v8-${process.versions.v8}`;
}
