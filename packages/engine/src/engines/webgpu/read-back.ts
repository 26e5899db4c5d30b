import { ForetokenError } from '../../errors.ts';
import type { DataId } from '../../tfjs/internals.ts';
import { type GpuBuffer, MAP_READ, USAGE } from './dawn.ts';
import type { DawnEvents } from './events.ts';
import type { WebGpuBackend, WebGpuData } from './tfjs-backend.ts';

/**
 * Gives a backend synchronous reads, which tfjs offers in a browser only.
 *
 * A read copies the buffer where the host may map it and processes Dawn's events until it is mapped.
 */
export function addReadBack(backend: WebGpuBackend, events: DawnEvents): void {
  const complexRead = backend.readSync.bind(backend);
  const problems = collectProblems(backend);
  backend.readSync = (id: DataId) => {
    const data = backend.tensorMap.get(id);
    if (data.values != null) return data.values;
    if (data.complexTensorInfos !== undefined) return complexRead(id);
    const bytes = download(backend, events, data.resource as GpuBuffer);
    throwFirst(problems);
    return backend.convertAndCacheOnCPU(id, typed(data, bytes)) as Float32Array;
  };
  backend.read = async (id) => backend.readSync(id);
}

function download(backend: WebGpuBackend, events: DawnEvents, buffer: GpuBuffer): ArrayBuffer {
  const staging = backend.bufferManager.acquireBuffer(buffer.size, USAGE.copyTarget | USAGE.mapRead);
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.commandEncoder?.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  backend.submitQueue();
  // What goes wrong shows in the buffer's state; the promise only repeats it.
  events.hold(() => staging.mapAsync(MAP_READ)).catch(() => {});
  events.wait(() => staging.mapState !== 'pending');
  if (staging.mapState !== 'mapped') {
    const rule = 'engine "webgpu": the GPU gave no values back; its device is lost or another read is pending';
    throw new ForetokenError('ENGINE_FAILED', `${rule}. Start again; if it comes back, use another engine.`);
  }
  const bytes = staging.getMappedRange().slice(0);
  staging.unmap();
  backend.bufferManager.releaseBuffer(staging);
  return bytes;
}

function typed({ dtype }: WebGpuData, bytes: ArrayBuffer): Float32Array | Int32Array | Uint8Array {
  if (dtype === 'float32') return new Float32Array(bytes);
  const whole = new Int32Array(bytes);
  return dtype === 'bool' ? Uint8Array.from(whole) : whole;
}

interface Problem {
  readonly isMemory: boolean;
  readonly message: string;
}

/** Errors that Dawn reports apart from the call that made them: results since then are not to be trusted. */
function collectProblems({ device }: WebGpuBackend): Problem[] {
  const problems: Problem[] = [];
  device.addEventListener('uncapturederror', (event) => {
    const { error } = event;
    // Dawn would print it, to stdout.
    event.preventDefault();
    problems.push({ isMemory: error.constructor.name === 'GPUOutOfMemoryError', message: error.message });
  });
  return problems;
}

function throwFirst(problems: Problem[]): void {
  const [first] = problems.splice(0);
  if (first === undefined) return;
  const line = first.message.split('\n')[0].replace(/\.$/, '');
  if (first.isMemory)
    throw new ForetokenError(
      'OUT_OF_MEMORY',
      `engine "webgpu": ${line}. Use a smaller batch, context or model, or another engine.`,
    );
  throw new ForetokenError(
    'ENGINE_FAILED',
    `engine "webgpu": the GPU refused a command: ${line}. Start again; if it comes back, use another engine.`,
  );
}
