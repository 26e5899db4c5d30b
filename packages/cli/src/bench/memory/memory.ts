import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Backward, backwardOf } from '@foretoken/core/training';
import type { BenchMemoryOptions } from '../../commands/bench.ts';
import { formatBytes } from '../../output/quantities.ts';
import { formatTable } from '../../output/table.ts';
import type { CommandContext } from '../../process/context.ts';
import { EXIT } from '../../process/exit-code.ts';
import { type Bench, throwIfStopped, withBench } from '../open-bench.ts';
import { randomBatch } from '../random-batch.ts';
import { type BackwardKind, type MemoryPoint, type MemorySlopes, slopesOf } from './slopes.ts';
import { unfused } from './unfused.ts';

/** `foretoken bench memory --json`. */
export interface MemoryReport {
  readonly engine: string;
  readonly width: number;
  readonly batch: number;
  readonly context: number;
  /** One per way, vocabulary and horizon. */
  readonly points: readonly MemoryPoint[];
  readonly slopes: readonly MemorySlopes[];
}

const WAYS: Readonly<Record<BackwardKind, Backward>> = {
  unfused,
  joint: backwardOf('joint'),
  sequential: backwardOf('sequential'),
};

/** Measures the tensor bytes of one forward and backward pass: the same to the byte in every run of one engine. */
export async function run(context: CommandContext, _: readonly string[], options: BenchMemoryOptions): Promise<number> {
  const { width, batch, context: positions, vocab, horizon } = options;
  const points: MemoryPoint[] = [];
  const progress = context.progress();
  const total = vocab.length * horizon.length;
  let engine = '';
  for (const V of vocab) {
    for (const n of horizon) {
      const model = { ...options, vocab: V, horizon: n, match: 'none' as const };
      await withBench(model, { context: positions }, async (bench) => {
        engine = bench.engine.name;
        for (const way of Object.keys(WAYS) as BackwardKind[]) {
          throwIfStopped(context);
          points.push(measure(bench, way, batch));
          await nextTurn();
        }
      });
      const done = points.length / Object.keys(WAYS).length;
      progress.update({ label: 'memory', done, total, unit: 'models', note: `V ${V}, n ${n}` });
    }
  }
  progress.clear();
  const report: MemoryReport = {
    engine,
    width,
    batch,
    context: positions,
    points,
    slopes: slopesOf(points, batch * positions),
  };
  if (context.isJson) context.printJson(report);
  else for (const line of linesOf(report)) context.print(line);
  return EXIT.done;
}

function measure({ engine, model, random }: Bench, way: BackwardKind, rows: number): MemoryPoint {
  const { batch, dispose } = randomBatch(model, random, rows);
  try {
    const before = engine.memory().bytes;
    engine.resetPeak();
    const { gradients } = WAYS[way](model, { batch, offsets: model.offsets, weight: () => 1, batches: 1 });
    const peakBytes = engine.memory().peakBytes - before;
    let gradientBytes = 0;
    for (const gradient of gradients.values()) {
      gradientBytes += gradient.size * Float32Array.BYTES_PER_ELEMENT;
      gradient.dispose();
    }
    const { vocabulary: vocab, horizon } = model.dims;
    return { backward: way, vocab, horizon, peakBytes, gradientBytes, workingBytes: peakBytes - gradientBytes };
  } finally {
    dispose();
  }
}

function linesOf({ engine, width, batch, context, points, slopes }: MemoryReport): string[] {
  const right = (title: string) => ({ title, align: 'right' as const });
  const ways = Object.keys(WAYS) as BackwardKind[];
  const sizes = [...new Map(points.map(({ vocab, horizon }) => [`${vocab} ${horizon}`, { vocab, horizon }])).values()];
  const bytesOf = (way: BackwardKind, vocab: number, horizon: number) =>
    points.find((p) => p.backward === way && p.vocab === vocab && p.horizon === horizon)!.workingBytes;
  return [
    `${engine}, width ${width}, ${batch} x ${context} positions: working bytes of a backward pass, gradients apart`,
    ...formatTable(
      [right('V'), right('n'), ...ways.map(right)],
      sizes.map(({ vocab, horizon }) => [
        String(vocab),
        String(horizon),
        ...ways.map((way) => formatBytes(bytesOf(way, vocab, horizon))),
      ]),
    ),
    '',
    ...slopes.flatMap(slopeLine),
    ...missingSizes(slopes),
  ];
}

function slopeLine({ backward, claim, perOffset, perToken, logitsKept }: MemorySlopes): string[] {
  const parts = [
    perOffset && `an offset costs ${ends(perOffset, ({ vocab, bytes }) => `${formatBytes(bytes)} at V ${vocab}`)}`,
    perToken &&
      `a token of the vocabulary costs ${ends(perToken, ({ horizon, bytes }) => `${bytes.toFixed(0)} B at n ${horizon}`)}`,
    logitsKept === null ? null : `${logitsKept.toFixed(2)} logits kept a row, offset and token`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? [] : [`${backward}, ${claim}: ${parts.join('; ')}.`];
}

/** The first and the last, where they are not one. */
const ends = <Value>(values: readonly Value[], say: (value: Value) => string): string =>
  [...new Set([values[0], values[values.length - 1]])].map(say).join(' and ');

/** What to measure for the slopes that are missing. */
function missingSizes([{ perOffset, perToken }]: readonly MemorySlopes[]): string[] {
  const sizes = [perOffset ? [] : '--horizon 1,4', perToken ? [] : '--vocab 256,4096'].flat();
  return sizes.length === 0 ? [] : [`Give two or more sizes for the slopes left out: ${sizes.join(' ')}`];
}
