import { shapeMismatch } from '../errors.ts';
import type { Tensor } from '../tensor.ts';
import { tfjsEngine } from '../tfjs/internals.ts';
import type { Handle } from './addon.ts';
import type { NativeBackend } from './backend.ts';
import { ScratchArray } from './scratch-array.ts';

/** The addon's buffers as tensors, and back. */
export class Bridge {
  readonly backend: NativeBackend;
  private readonly ofHandles = new ScratchArray(Float64Array);

  constructor(backend: NativeBackend) {
    this.backend = backend;
  }

  /** @throws SHAPE_MISMATCH for values of another type */
  handle(x: Tensor): Handle {
    if (x.dtype !== 'float32') throw shapeMismatch('a kernel', 'float32 values', x.dtype);
    return this.backend.find(x.dataId).handle;
  }

  tensor<T extends Tensor>(handle: Handle, shape: readonly number[], dtype: 'float32' | 'int32' = 'float32'): T {
    return tfjsEngine().makeTensorFromTensorInfo(this.backend.adopt(handle, shape, dtype)) as T;
  }

  /** For one argument of one call: the next list is put into the same array. */
  handles(tensors: readonly Tensor[]): Float64Array {
    const handles = this.ofHandles.of(tensors.length);
    // A loop: `Float64Array.from` goes through an iterator, ten times as slow on lists this short.
    for (let index = 0; index < tensors.length; index++) handles[index] = this.handle(tensors[index]);
    return handles;
  }
}
