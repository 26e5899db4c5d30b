// The parts of tfjs' WebGPU backend that its types keep private.
import type { DataId, TensorInfo, TfjsBackend } from '../../tfjs/internals.ts';
import type { Gpu, GpuAdapterInfo, GpuBuffer, GpuCommandEncoder, GpuComputePass, GpuDevice } from './dawn.ts';
import type { GpuLauncher } from './launcher.ts';

/** What the backend keeps of one buffer: the values on the host, on the GPU, or both. */
export interface WebGpuData {
  readonly dtype: string;
  readonly shape: readonly number[];
  values: Float32Array | Int32Array | Uint8Array | null | undefined;
  resource?: GpuBuffer | null;
  readonly complexTensorInfos?: object;
}

/** A value of a program's uniform block. */
export interface Uniform {
  readonly type: 'float32' | 'int32' | 'uint32';
  readonly data: number[];
}

/** tfjs' WebGPU backend, version 4.22, with what its public type leaves out. */
export interface WebGpuBackend extends TfjsBackend {
  readonly device: GpuDevice;
  /** Ours: the GPU that it runs on, Dawn, which must live as long, and what runs our shaders there. */
  ours?: { readonly info: GpuAdapterInfo; readonly gpu: Gpu; readonly launcher: GpuLauncher };
  readonly tensorMap: { get(id: DataId): WebGpuData; has(id: DataId): boolean };
  readonly bufferManager: {
    acquireBuffer(size: number, usage: number): GpuBuffer;
    releaseBuffer(buffer: GpuBuffer, reuse?: boolean): void;
  };
  commandEncoder: GpuCommandEncoder | null;
  computePassEncoder: GpuComputePass | null;
  commandQueueOwnedIds: WeakSet<DataId>;
  dispatchCountInPass: number;
  supportTimestampQuery: boolean;
  makeTensorInfo(shape: readonly number[], dtype: string): TensorInfo;
  uploadToGPU(id: DataId): void;
  makeUniforms(uniforms: readonly Uniform[]): object;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  convertAndCacheOnCPU(id: DataId, values: WebGpuData['values']): WebGpuData['values'];
  read(id: DataId): Promise<Float32Array | Int32Array | Uint8Array>;
}

/** What `@tensorflow/tfjs-backend-webgpu` exports. */
export interface WebGpuBackendModule {
  readonly WebGPUBackend: new (device: GpuDevice, info: GpuAdapterInfo) => WebGpuBackend;
}
