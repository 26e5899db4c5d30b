// The parts of WebGPU that the engine itself touches; tfjs' backend uses the rest.

/** A GPU that could be opened. */
export interface GpuAdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** A processor that plays a GPU. */
  readonly isFallbackAdapter: boolean;
}

/** A buffer on the GPU. */
export interface GpuBuffer {
  readonly size: number;
  readonly usage: number;
  readonly mapState: 'unmapped' | 'pending' | 'mapped';
  mapAsync(mode: number, offset?: number, size?: number): Promise<void>;
  getMappedRange(offset?: number, size?: number): ArrayBuffer;
  unmap(): void;
}

/** A compiled shader. */
export interface GpuPipeline {
  getBindGroupLayout(index: number): object;
}

/** Records what a shader is to run on. */
export interface GpuComputePass {
  setPipeline(pipeline: GpuPipeline): void;
  setBindGroup(index: number, group: object): void;
  dispatchWorkgroups(x: number, y: number, z: number): void;
  end(): void;
}

/** Records commands. */
export interface GpuCommandEncoder {
  beginComputePass(): GpuComputePass;
  copyBufferToBuffer(from: GpuBuffer, fromOffset: number, to: GpuBuffer, toOffset: number, size: number): void;
}

/** An error that no call returned. */
export interface GpuErrorEvent {
  readonly error: { readonly message: string; readonly constructor: { readonly name: string } };
  preventDefault(): void;
}

/** An open GPU. */
export interface GpuDevice {
  readonly limits: { readonly maxComputeWorkgroupsPerDimension: number };
  createShaderModule(options: { code: string; label?: string }): object;
  createComputePipeline(options: object): GpuPipeline;
  createBindGroup(options: { layout: object; entries: object[] }): object;
  addEventListener(type: 'uncapturederror', listener: (event: GpuErrorEvent) => void): void;
  /** Waits for the work that it was given, and drops the rest. */
  destroy(): void;
}

/** A GPU before it is opened. */
export interface GpuAdapter {
  readonly info: GpuAdapterInfo;
  readonly limits: { readonly [name: string]: number };
  requestDevice(options?: object): Promise<GpuDevice>;
}

/** Dawn's entry. */
export interface Gpu {
  requestAdapter(options?: object): Promise<GpuAdapter | null>;
}

/** What the npm package `webgpu` exports. */
export interface DawnModule {
  create(options: readonly string[]): Gpu;
  readonly globals: { readonly [name: string]: unknown };
}

/** Constants of the WebGPU standard. */
export const USAGE = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, storage: 0x80 } as const;

/** `GPUMapMode.READ`. */
export const MAP_READ = 1;
