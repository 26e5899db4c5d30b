import type { Engine, EngineName, EngineOptions, EngineStatus } from './engine.ts';
import type { EngineDriver } from './engines/driver.ts';
import { DRIVERS } from './engines/index.ts';
import { ForetokenError } from './errors.ts';
import { commitEach } from './key-values.ts';
import { countedOps, FlopMeter } from './ops/counted.ts';
import { createKernels, createOps } from './ops/index.ts';
import { record } from './record.ts';
import { tf } from './tensor.ts';
import { tfjsEngine } from './tfjs/internals.ts';
import { MemoryMeter } from './tfjs/memory-meter.ts';
import { tidy } from './tfjs/scopes.ts';

/** Every engine of this version, in the order in which `auto` tries them. */
export const ENGINE_NAMES: readonly EngineName[] = DRIVERS.map(({ name }) => name);

const noKeyValues = Object.freeze({ slot: 'none' });

/**
 * Opens an engine and makes it tfjs' active backend. `auto` takes the first one that can run here.
 *
 * tfjs has one active backend per process, so the engine opened last is the one that runs; opening one again is cheap
 * and switches back to it.
 * @throws ENGINE_UNKNOWN for a name that no engine has; ENGINE_UNAVAILABLE if it cannot run here; OPTIONS_INVALID for
 * threads or a precision that it does not offer
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const driver = await driverOf(options.name ?? 'auto');
  const { threads, fingerprint, kernels, kernelSeconds } = await driver.start(options);
  const meter = MemoryMeter.install(tfjsEngine().state);
  const all = createKernels(kernels);
  const flops = new FlopMeter();
  return {
    name: driver.name,
    threads,
    fingerprint,
    ops: countedOps(createOps(all), flops),
    memory: () => ({ numTensors: tf.memory().numTensors, bytes: meter.bytes, peakBytes: meter.peakBytes }),
    resetPeak: () => {
      meter.peakBytes = meter.bytes;
    },
    kernelSeconds: () => kernelSeconds?.(),
    countFlops: (work) => flops.count(work),
    tidy,
    record,
    createKeyValueStore: (slot) => all.createStore(slot),
    commitKeyValues: all.commitStores ?? commitEach,
    noKeyValues,
  };
}

/** Which engines can run here, and why or why not. Opens none. */
export async function listEngines(): Promise<EngineStatus[]> {
  return Promise.all(DRIVERS.map((driver) => driver.status()));
}

async function driverOf(name: EngineName | 'auto'): Promise<EngineDriver> {
  if (name === 'auto') {
    for (const driver of DRIVERS) if ((await driver.status()).available) return driver;
    throw new ForetokenError('ENGINE_UNAVAILABLE', 'no engine can run here. Run `foretoken doctor`, which says why.');
  }
  const driver = DRIVERS.find((other) => other.name === name);
  if (driver !== undefined) return driver;
  throw new ForetokenError('ENGINE_UNKNOWN', `no engine "${name}". Engines: auto, ${ENGINE_NAMES.join(', ')}.`);
}
