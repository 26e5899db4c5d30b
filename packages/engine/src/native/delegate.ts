import { ForetokenError } from '../errors.ts';
import { tf } from '../tensor.ts';
import type { TensorInfo } from '../tfjs/internals.ts';
import type { NativeBackend } from './backend.ts';

type Values = Parameters<NativeBackend['makeInfo']>[2];

/** What we use of tfjs' cpu backend. */
interface CpuBackend {
  makeTensorInfo(shape: number[], dtype: tf.DataType, values?: Values): TensorInfo;
  disposeIntermediateTensorInfo(info: TensorInfo): void;
  readonly data: {
    get(id: object): { readonly values?: Values; readonly complexTensorInfos?: { real: TensorInfo; imag: TensorInfo } };
  };
  firstUse: boolean;
}

type Kernel = tf.KernelConfig['kernelFunc'];

/** An input of a kernel: a tensor, none, or a list of them. */
type Input = TensorInfo | null | undefined | readonly TensorInfo[];

/** Copies a tensor to tfjs' cpu backend. */
function toCpu(native: NativeBackend, cpu: CpuBackend, { dataId, shape, dtype }: TensorInfo): TensorInfo {
  const { parts } = native.find(dataId);
  if (parts === undefined) return cpu.makeTensorInfo(shape, dtype, native.readSync(dataId) as Values);
  // The parts keep the shape in which they came.
  const [real, imag] = [parts.real, parts.imag].map((part) => toCpu(native, cpu, { ...part, shape }));
  const complex = tf.getKernel('Complex', 'cpu').kernelFunc as Kernel;
  const made = complex({ inputs: { real, imag }, backend: cpu as unknown as tf.KernelBackend }) as TensorInfo;
  for (const part of [real, imag]) cpu.disposeIntermediateTensorInfo(part);
  return made;
}

/** Copies a result of tfjs' cpu backend. */
function fromCpu(native: NativeBackend, cpu: CpuBackend, { dataId, shape, dtype }: TensorInfo): TensorInfo {
  const { values, complexTensorInfos } = cpu.data.get(dataId);
  if (complexTensorInfos === undefined) return native.makeInfo(shape, dtype, values ?? null);
  const { real, imag } = complexTensorInfos;
  return native.makeComplex(shape, { real: fromCpu(native, cpu, real), imag: fromCpu(native, cpu, imag) });
}

/** Copies of a call's inputs, each tensor once. */
class Copies {
  private readonly made = new Map<TensorInfo, TensorInfo>();
  private readonly copyOne: (info: TensorInfo) => TensorInfo;

  constructor(copyOne: (info: TensorInfo) => TensorInfo) {
    this.copyOne = copyOne;
  }

  of(input: Input): Input {
    if (input === undefined || input === null) return input;
    if (Array.isArray(input)) return input.map((each: TensorInfo) => this.of(each) as TensorInfo);
    const info = input as TensorInfo;
    // Some kernels of tfjs take their inputs for tensors, which have a rank.
    const copy = this.made.get(info) ?? Object.assign(this.copyOne(info), { rank: info.shape.length });
    this.made.set(info, copy);
    return copy;
  }

  all(): Iterable<TensorInfo> {
    return this.made.values();
  }
}

/**
 * A kernel that tfjs' cpu backend carries out: right, and slow, as its inputs and results are copied. For operations
 * that models seldom need.
 */
export function delegated(name: string, run: Kernel): Kernel {
  return ({ inputs, attrs, backend }) => {
    const native = backend as unknown as NativeBackend;
    const cpu = tf.findBackend('cpu') as unknown as CpuBackend | null;
    if (cpu === null)
      throw new ForetokenError(
        'KERNEL_MISSING',
        `${name} has no kernel on engine "native" without tfjs' cpu backend. Load that, or use another engine.`,
      );
    cpu.firstUse = false;
    const copies = new Copies((info) => toCpu(native, cpu, info));
    let results: TensorInfo[] = [];
    try {
      const given = inputs as unknown as Record<string, Input> | TensorInfo[];
      const moved = Array.isArray(given)
        ? copies.of(given)
        : Object.fromEntries(Object.entries(given).map(([key, input]) => [key, copies.of(input)]));
      const out = run({ inputs: moved as never, attrs, backend: cpu as unknown as tf.KernelBackend }) as
        | TensorInfo
        | TensorInfo[];
      results = [out].flat();
      const back = results.map((info) => fromCpu(native, cpu, info));
      return (Array.isArray(out) ? back : back[0]) as tf.TensorInfo | tf.TensorInfo[];
    } finally {
      for (const info of [...copies.all(), ...results]) cpu.disposeIntermediateTensorInfo(info);
    }
  };
}
