import { openEngine } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import type { BenchOpsOptions } from '../../commands/bench.ts';
import { formatTable } from '../../output/table.ts';
import type { CommandContext } from '../../process/context.ts';
import { EXIT } from '../../process/exit-code.ts';
import { median } from '../median.ts';
import { throwIfStopped } from '../open-bench.ts';
import { bestOf, type GemmPeak, medianPeak, openPeakMeter, type PeakMeter } from '../peak/peak-meter.ts';
import { attentionPasses, lossPasses, mlpPasses, productPasses, rowPasses, tokenPasses } from './cases.ts';
import { openOptimizer } from './optimizer.ts';
import type { OpPass } from './pass.ts';
import { type OpTimer, openOpTimer } from './timer.ts';
import { openWorkbench, YARDSTICK_SIZES } from './workbench.ts';

/** One line of `foretoken bench ops`. */
export interface OpSpeed {
  readonly op: string;
  /** `both`: the operation computes its gradients in its forward pass. */
  readonly pass: OpPass['pass'];
  readonly sizes: string;
  /** Median over the rounds. */
  readonly ms: number;
  /** Of operations that compute. */
  readonly gflops?: number;
  /** Of operations that memory bounds: each value read or written once. */
  readonly gigabytesPerSecond?: number;
  /** Median over the rounds of `gflops` over the GEMM peak of that round, the faster of ours and PyTorch's. */
  readonly share?: number;
}

/** `foretoken bench ops --json`. */
export interface OpsReport extends GemmPeak {
  readonly engine: string;
  readonly threads: number;
  readonly ops: readonly OpSpeed[];
}

/** Measures single operations, and the GEMM peak in turns with them. */
export async function run(context: CommandContext, _: readonly string[], options: BenchOpsOptions): Promise<number> {
  const { engine: name, threads, precision } = options;
  const engine = await openEngine({ name, threads, precision });
  const workbench = openWorkbench(engine, YARDSTICK_SIZES);
  const optimizer = openOptimizer(engine, YARDSTICK_SIZES);
  const meter = await openPeakMeter(engine, options);
  try {
    const all = [productPasses, rowPasses, attentionPasses, mlpPasses, tokenPasses, lossPasses]
      .flatMap((passesOf) => passesOf(workbench))
      .concat(optimizer.pass);
    const report = await measure(context, meter, chosen(all, options.only), options.rounds);
    print(context, { engine: engine.name, threads: engine.threads, ...report });
  } finally {
    meter.dispose();
    optimizer.dispose();
    workbench.dispose();
  }
  return EXIT.done;
}

function chosen(passes: readonly OpPass[], only: readonly string[] | undefined): readonly OpPass[] {
  if (only === undefined) return passes;
  const known = new Set(passes.map(({ op }) => op));
  const unknown = only.find((op) => !known.has(op));
  if (unknown === undefined) return passes.filter(({ op }) => only.includes(op));
  throw new ForetokenError('USAGE', `--only: no operation "${unknown}". Operations: ${[...known].join(', ')}.`);
}

/** Rounds over all passes, so that a machine whose clock wanders treats all alike. */
async function measure(
  context: CommandContext,
  meter: PeakMeter,
  passes: readonly OpPass[],
  rounds: number,
): Promise<GemmPeak & { ops: OpSpeed[] }> {
  const tell = teller(context, passes.length * (1 + rounds));
  const timers: OpTimer[] = [];
  for (const pass of passes) {
    tell();
    timers.push(await openOpTimer(pass));
  }
  const samples = timers.map((): number[] => []);
  const peaks: GemmPeak[] = [];
  for (let round = 0; round < rounds; round++) {
    peaks.push(await meter.measure());
    for (const [i, timer] of timers.entries()) {
      tell();
      samples[i].push(await timer.sample());
    }
  }
  return { ...medianPeak(peaks), ops: passes.map((pass, i) => speedOf(pass, samples[i], peaks)) };
}

/** @returns called before each sample: shows how far it is, and stops after Ctrl-C */
function teller(context: CommandContext, total: number): () => void {
  const progress = context.progress();
  let done = 0;
  return () => {
    throwIfStopped(context);
    progress.update({ label: 'operations', done: done++, total, unit: 'samples' });
  };
}

function speedOf({ op, pass, sizes, work }: OpPass, samples: readonly number[], peaks: readonly GemmPeak[]): OpSpeed {
  const ms = median(samples);
  const speed = { op, pass, sizes, ms };
  if ('bytes' in work) return { ...speed, gigabytesPerSecond: work.bytes / ms / 1e6 };
  const gflopsIn = (sampleMs: number) => work.flops / sampleMs / 1e6;
  const share = median(samples.map((sampleMs, round) => gflopsIn(sampleMs) / bestOf(peaks[round])));
  return { ...speed, gflops: gflopsIn(ms), share };
}

function print(context: CommandContext, report: OpsReport): void {
  if (context.isJson) context.printJson(report);
  else for (const line of linesOf(report)) context.print(line);
}

function linesOf({ engine, threads, gflops, torchGflops, ops }: OpsReport): string[] {
  const theirs = torchGflops === undefined ? '' : `, ${torchGflops.toFixed(1)} in PyTorch`;
  const right = (title: string) => ({ title, align: 'right' as const });
  return [
    `${engine}, ${threads} ${threads === 1 ? 'thread' : 'threads'}; GEMM peak ${gflops.toFixed(1)} GFLOP/s${theirs}`,
    '',
    ...formatTable(
      [
        { title: 'operation' },
        { title: 'pass' },
        { title: 'sizes' },
        ...['ms', 'GFLOP/s', 'GB/s', 'of peak'].map(right),
      ],
      ops.map((speed) => [
        speed.op,
        speed.pass,
        speed.sizes,
        speed.ms.toFixed(2),
        speed.gflops?.toFixed(1) ?? '',
        speed.gigabytesPerSecond?.toFixed(1) ?? '',
        speed.share === undefined ? '' : `${Math.round(100 * speed.share)}%`,
      ]),
    ),
  ];
}
