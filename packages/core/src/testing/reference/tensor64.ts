import type { Tensor } from '@foretoken/engine';
import type { Array64 } from '@foretoken/engine/reference';

/**
 * A float64 array with as much of a tensor's face as `ops` and a head that keeps to `ops` look at.
 *
 * tfjs has no float64. What calls tfjs on it gets an error, which is how a head that does shows itself.
 */
export class Tensor64 implements Array64 {
  readonly shape: number[];
  readonly values: Float64Array;
  readonly dtype = 'float32';

  constructor({ shape, values }: Array64) {
    this.shape = [...shape];
    this.values = values;
  }

  get rank(): number {
    return this.shape.length;
  }

  get size(): number {
    return this.values.length;
  }

  dataSync(): Float64Array {
    return this.values;
  }

  dispose(): void {}

  /** As the type that contracts speak of. */
  asTensor<T extends Tensor>(): T {
    return this as unknown as T;
  }
}

/**
 * A weight of the model as heads get it on the reference: what calls tfjs on it fails as on any other array. Its values
 * are those of the moment.
 */
export class Weight64 extends Tensor64 {
  /** The model's own tensor. */
  readonly weight: Tensor;
  readonly #now: () => Float64Array;

  constructor(weight: Tensor, now: () => Float64Array) {
    super({ shape: weight.shape, values: new Float64Array(0) });
    this.weight = weight;
    this.#now = now;
  }

  override get size(): number {
    return this.weight.size;
  }

  override dataSync(): Float64Array {
    return this.#now();
  }
}
