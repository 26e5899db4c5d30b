import { cpuDriver } from './cpu.ts';
import type { EngineDriver } from './driver.ts';
import { nativeDriver } from './native.ts';
import { tensorflowDriver } from './tensorflow/index.ts';
import { wasmDriver } from './wasm.ts';
import { webgpuDriver } from './webgpu/index.ts';

/** Every engine, in the order in which `auto` tries them. */
export const DRIVERS: readonly EngineDriver[] = [nativeDriver, wasmDriver, tensorflowDriver, webgpuDriver, cpuDriver];
