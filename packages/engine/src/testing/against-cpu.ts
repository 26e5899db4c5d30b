// Kernels of the native backend beside those of tfjs' cpu backend, on random inputs.
import type { NativeBackend } from '../native/backend.ts';
import { delegated } from '../native/delegate.ts';
import { KERNELS } from '../native/tfjs/index.ts';
import { tf } from '../tensor.ts';
import { type TensorInfo, tfjsEngine } from '../tfjs/internals.ts';
import { uniforms } from './judge.ts';

/** Values where formulas go wrong, beside plain ones. */
const CORNERS = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 6, 100, -100, Number.NaN, Infinity, -Infinity, 1e-30];

/** Random choices from a seed, and tensors made of them, which the test frees. */
export class Dice {
  readonly next: () => number;
  private readonly made: tf.Tensor[] = [];

  constructor(seed: number) {
    this.next = uniforms(seed);
  }

  /** A whole number in [low, high]. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  flag(): boolean {
    return this.next() < 0.5;
  }

  pick<T>(options: readonly T[]): T {
    return options[this.whole(0, options.length - 1)];
  }

  /** Up to `most` axes, now and then with one that is empty, or a last one that fills several vectors. */
  shape(least = 0, most = 4): number[] {
    const shape = Array.from({ length: this.whole(least, most) }, () => this.whole(1, 5));
    if (shape.length > 0 && this.next() < 0.1) shape[this.whole(0, shape.length - 1)] = 0;
    if (shape.length > 0 && this.next() < 0.2) shape[shape.length - 1] = this.whole(20, 70);
    return shape;
  }

  /** Two shapes that broadcast against each other. */
  shapes(): [number[], number[]] {
    const shape = this.shape();
    const part = () =>
      shape.map((size) => (this.next() < 0.3 ? 1 : size)).slice(this.next() < 0.3 ? this.whole(0, shape.length) : 0);
    return [part(), part()];
  }

  /** A tensor; float32 values are small, int32 ones in [-20, 20]. Both take corner values as well where asked. */
  tensor(shape: readonly number[], dtype: tf.DataType = 'float32', hasCorners = false): tf.Tensor {
    const value = (): number => {
      if (dtype === 'bool') return this.whole(0, 1);
      if (dtype === 'int32') return hasCorners && this.next() < 0.05 ? -2147483648 : this.whole(-20, 20);
      return hasCorners && this.next() < 0.15 ? this.pick(CORNERS) : 8 * this.next() - 4;
    };
    const values = Array.from({ length: tf.util.sizeFromShape([...shape]) }, value);
    return this.tensorOf(values, shape, dtype);
  }

  tensorOf(values: readonly number[], shape: readonly number[], dtype: tf.DataType): tf.Tensor {
    const tensor = tf.tensor([...values], [...shape], dtype);
    this.made.push(tensor);
    return tensor;
  }

  /** Whole numbers in [0, limit). */
  indices(shape: readonly number[], limit: number): tf.Tensor {
    const values = Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => this.whole(0, limit - 1));
    return this.tensorOf(values, shape, 'int32');
  }

  dispose(): void {
    tf.dispose(this.made);
  }
}

/** One kernel call. */
export interface Asked {
  readonly inputs: { readonly [name: string]: tf.Tensor } | readonly tf.Tensor[];
  readonly attrs?: object;
}

/** What a kernel gave. */
export interface Given {
  readonly dtype: tf.DataType;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** A call's results by the native kernel itself, and by tfjs' cpu backend; `own` is undefined where the kernel leaves the call to it. */
export function askBoth(name: string, { inputs, attrs = {} }: Asked): { own?: Given[]; cpu: Given[] } {
  const backend = tfjsEngine().backend as unknown as NativeBackend;
  const { run } = KERNELS.find(({ kernelName }) => kernelName === name)!;
  const taken = (results: TensorInfo | TensorInfo[]): Given[] =>
    [results].flat().map((info) => {
      const values = Array.from(backend.readSync(info.dataId) as Float32Array);
      backend.disposeInfo(info);
      return { dtype: info.dtype, shape: info.shape, values };
    });
  const call = { inputs: inputs as never, attrs: attrs as never, backend };
  const own = run(call);
  const reference = delegated(name, tf.getKernel(name, 'cpu').kernelFunc);
  const cpu = reference(call as never) as TensorInfo | TensorInfo[];
  return { ...(own === undefined ? {} : { own: taken(own) }), cpu: taken(cpu) };
}

/** Whether two values are the same but for rounding: to 1e-5, relative to 1 at least. */
export function isClose(actual: number, expected: number): boolean {
  if (Object.is(actual, expected) || actual === expected) return true;
  return Math.abs(actual - expected) <= 1e-5 * Math.max(1, Math.abs(expected));
}
