import { type Engine, type Tensor, type Tensor2D, tf } from '@foretoken/engine';
import { median } from '../median.ts';
import { openTorchPeak } from './torch-peak.ts';

/** Rows and columns of both matrices. */
const size = 1_024;
const peakFlops = 2 * size ** 3;

/** Products of which the fastest counts as what the machine can do at that moment. */
const products = 3;

/** How fast large matrix products are, in 10^9 multiplications and additions per second. */
export interface GemmPeak {
  /** Of the engine. */
  readonly gflops: number;
  /** Of PyTorch with as many threads, where it is measured. */
  readonly torchGflops?: number;
}

/** What the engine and PyTorch are compared with: the faster of the two. */
export const bestOf = ({ gflops, torchGflops = 0 }: GemmPeak): number => Math.max(gflops, torchGflops);

/** Measures the GEMM peak as often as asked, so that it can take turns with what is compared with it. */
export interface PeakMeter {
  measure(): Promise<GemmPeak>;
  dispose(): void;
}

/** How {@link openPeakMeter} measures. */
export interface PeakMeterOptions {
  /** A Python that has PyTorch. */
  readonly torch?: string;
  /** Number type of PyTorch's matrices; the engine's is its own. */
  readonly precision?: string;
}

/**
 * Prepares the product of two 1024x1024 matrices on an engine and, if asked, in PyTorch with as many threads.
 *
 * @throws OPTIONS_INVALID if PyTorch does not run
 */
export async function openPeakMeter(
  engine: Engine,
  { torch, precision = 'float32' }: PeakMeterOptions = {},
): Promise<PeakMeter> {
  const [a, b] = [0, 1].map((start) => waves(start * size ** 2, [size, size]) as Tensor2D);
  const sameWork = { threads: engine.threads, precision, size, products };
  const theirs = torch === undefined ? undefined : await openTorchPeak(torch, sameWork);
  const measure = async () => {
    const gflops = peakFlops / (await fastestMs(engine, a, b)) / 1e6;
    if (theirs === undefined) return { gflops };
    return { gflops, torchGflops: peakFlops / (await theirs.fastestMs()) / 1e6 };
  };
  await measure();
  return {
    measure,
    dispose() {
      theirs?.dispose();
      tf.dispose([a, b]);
    },
  };
}

async function fastestMs({ ops }: Engine, a: Tensor2D, b: Tensor2D): Promise<number> {
  let fastest = Infinity;
  for (let i = 0; i < products; i++) {
    const started = performance.now();
    const product = ops.matmul(a, b);
    await computed(product);
    fastest = Math.min(fastest, performance.now() - started);
    product.dispose();
  }
  return fastest;
}

/** Values in [-1, 1] of any shape, made quickly and the same every time. */
export function waves(start: number, shape: readonly number[]): Tensor {
  const end = start + shape.reduce((product, n) => product * n, 1);
  return tf.tidy(() => tf.reshape(tf.sin(tf.range(start, end)), [...shape]));
}

/** Waits until a tensor has its values, on engines that work ahead: one value is read. */
export async function computed(tensor: Tensor): Promise<void> {
  const one = tf.tidy(() => tf.slice(tf.reshape(tensor, [tensor.size]), 0, 1));
  await one.data();
  one.dispose();
}

/** The medians of some rounds. @throws OPTIONS_INVALID if PyTorch does not run */
export async function measurePeak(
  engine: Engine,
  { rounds, ...options }: PeakMeterOptions & { readonly rounds: number },
): Promise<GemmPeak> {
  const meter = await openPeakMeter(engine, options);
  try {
    const peaks: GemmPeak[] = [];
    for (let round = 0; round < rounds; round++) peaks.push(await meter.measure());
    return medianPeak(peaks);
  } finally {
    meter.dispose();
  }
}

/** The median of each side. */
export function medianPeak(peaks: readonly GemmPeak[]): GemmPeak {
  const gflops = median(peaks.map((peak) => peak.gflops));
  const theirs = peaks.flatMap(({ torchGflops }) => torchGflops ?? []);
  return theirs.length === 0 ? { gflops } : { gflops, torchGflops: median(theirs) };
}
