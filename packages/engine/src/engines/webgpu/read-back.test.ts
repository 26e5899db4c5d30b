import { expect, test } from 'vitest';
import type { GpuBuffer, GpuErrorEvent } from './dawn.ts';
import { DawnEvents } from './events.ts';
import { addReadBack } from './read-back.ts';
import type { WebGpuBackend, WebGpuData } from './tfjs-backend.ts';

/** A backend whose GPU answers after a few polls, with these bytes or not at all. */
function fakeBackend(data: Partial<WebGpuData>, bytes: ArrayBuffer, outcome: 'mapped' | 'unmapped' = 'mapped') {
  const [listeners, staging] = [[] as ((event: GpuErrorEvent) => void)[], { mapState: 'unmapped' as string }];
  const buffer = {
    size: bytes.byteLength,
    get mapState() {
      return staging.mapState;
    },
    mapAsync() {
      staging.mapState = 'pending';
      setImmediate(() => {
        staging.mapState = outcome;
      });
      return outcome === 'mapped' ? Promise.resolve() : Promise.reject(new Error('lost'));
    },
    getMappedRange: () => bytes,
    unmap: () => {
      staging.mapState = 'unmapped';
    },
  };
  const backend = {
    device: { addEventListener: (_: string, listener: (event: GpuErrorEvent) => void) => listeners.push(listener) },
    tensorMap: { get: () => data },
    bufferManager: { acquireBuffer: () => buffer, releaseBuffer: () => {} },
    commandEncoder: { copyBufferToBuffer: () => {} },
    ensureCommandEncoderReady: () => {},
    endComputePassEncoder: () => {},
    submitQueue: () => {},
    readSync: () => 'tfjs',
    convertAndCacheOnCPU: (_: object, values: WebGpuData['values']) => {
      data.values = values;
      return values;
    },
  } as unknown as WebGpuBackend;
  addReadBack(backend, new DawnEvents());
  const fail = (name: string, message: string) => {
    let isPrinted = true;
    const error = { message, constructor: { name } };
    for (const listener of listeners) {
      listener({
        error,
        preventDefault: () => {
          isPrinted = false;
        },
      });
    }
    return isPrinted;
  };
  return { backend, fail };
}

const resource = {} as GpuBuffer;
const floats = () => Float32Array.from([1.5, -2]).buffer;

test('a read gives what the GPU has, in the type of the tensor, and only once from there', async () => {
  const data: Partial<WebGpuData> = { dtype: 'float32', resource };
  const { backend } = fakeBackend(data, floats());
  expect(backend.readSync({})).toEqual(Float32Array.from([1.5, -2]));
  const cached = data.values;
  expect(backend.readSync({})).toBe(cached);
  expect(await backend.read({})).toBe(cached);
  const whole = Int32Array.from([0, 1]).buffer;
  expect(fakeBackend({ dtype: 'int32', resource }, whole).backend.readSync({})).toEqual(Int32Array.from([0, 1]));
  expect(fakeBackend({ dtype: 'bool', resource }, whole).backend.readSync({})).toEqual(Uint8Array.from([0, 1]));
  expect(fakeBackend({ complexTensorInfos: {} }, whole).backend.readSync({})).toBe('tfjs');
});

test('a device that gives nothing back is an error, not a tensor of zeros', () => {
  const { backend } = fakeBackend({ dtype: 'float32', resource }, floats(), 'unmapped');
  expect(() => backend.readSync({})).toThrow(expect.objectContaining({ code: 'ENGINE_FAILED' }));
});

test('what the GPU refused shows at the next read, with its first line, and nowhere else', () => {
  const { backend, fail } = fakeBackend({ dtype: 'float32', resource }, floats());
  expect(fail('GPUValidationError', 'bad shader\nmore')).toBe(false);
  expect(() => backend.readSync({})).toThrow(
    expect.objectContaining({
      code: 'ENGINE_FAILED',
      message: expect.stringMatching(/refused a command: bad shader\. Start again; /),
    }),
  );
  expect(backend.readSync({})).toEqual(Float32Array.from([1.5, -2]));
});

test('a full GPU says so', () => {
  const { backend, fail } = fakeBackend({ dtype: 'float32', resource }, floats());
  fail('GPUOutOfMemoryError', 'no room');
  expect(() => backend.readSync({})).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
});
