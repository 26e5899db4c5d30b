import { importInstalled } from '../installed.ts';
import type { DawnModule, Gpu, GpuAdapter, GpuAdapterInfo } from './dawn.ts';
import type { DawnEvents } from './events.ts';
import type { WebGpuPackages } from './packages.ts';
import type { WebGpuBackend, WebGpuBackendModule } from './tfjs-backend.ts';

/** Limits that are raised from WebGPU's defaults to what the GPU offers. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
];

/** An open GPU under tfjs' backend. */
export interface OpenedGpu {
  readonly backend: WebGpuBackend;
  readonly info: GpuAdapterInfo;
  /** Dawn itself, which ends with this object and takes the device with it. */
  readonly gpu: Gpu;
}

/** Opens the first GPU and makes a backend for it; undefined where there is none. */
export async function openGpu({ dawn, backend }: WebGpuPackages, events: DawnEvents): Promise<OpenedGpu | undefined> {
  const { create, globals } = await importInstalled<DawnModule>(dawn);
  const gpu = create([]);
  const adapter = await events.settle(() => gpu.requestAdapter({ powerPreference: 'high-performance' }));
  if (adapter === null) return undefined;
  const device = await events.settle(() => adapter.requestDevice({ requiredLimits: limitsOf(adapter) }));
  defineGlobals(globals);
  const { WebGPUBackend } = await importInstalled<WebGpuBackendModule>(backend);
  return { backend: withNavigator(gpu, () => new WebGPUBackend(device, adapter.info)), info: adapter.info, gpu };
}

const limitsOf = ({ limits }: GpuAdapter): object => Object.fromEntries(LIMITS.map((name) => [name, limits[name]]));

/** tfjs' backend finds the classes and constants of WebGPU where a browser has them. */
function defineGlobals(globals: DawnModule['globals']): void {
  for (const [name, value] of Object.entries(globals)) {
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}

/** tfjs' backend refuses to be made where no `navigator.gpu` is; later it never looks. */
function withNavigator<T>(gpu: Gpu, work: () => T): T {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  try {
    return work();
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, 'navigator');
    else Object.defineProperty(globalThis, 'navigator', before);
  }
}
