import { openEngine } from '@foretoken/engine';
import type { BenchPeakOptions } from '../../commands/bench.ts';
import type { CommandContext } from '../../process/context.ts';
import { EXIT } from '../../process/exit-code.ts';
import { type GemmPeak, measurePeak } from './peak-meter.ts';

/** `foretoken bench peak --json`. */
export interface PeakReport extends GemmPeak {
  readonly engine: string;
  readonly threads: number;
}

/** Measures the product of two 1024x1024 matrices. */
export async function run(context: CommandContext, _: readonly string[], options: BenchPeakOptions): Promise<number> {
  const { engine: name, threads, precision, rounds, torch } = options;
  const engine = await openEngine({ name, threads, precision });
  const peak = await measurePeak(engine, { rounds, torch, precision });
  const report: PeakReport = { engine: engine.name, threads: engine.threads, ...peak };
  if (context.isJson) context.printJson(report);
  else context.print(lineOf(report));
  return EXIT.done;
}

function lineOf({ engine, threads, gflops, torchGflops }: PeakReport): string {
  const theirs = torchGflops === undefined ? [] : [`PyTorch ${torchGflops.toFixed(1)} GFLOP/s`];
  const ours = `${engine}, ${threads} ${threads === 1 ? 'thread' : 'threads'}: ${gflops.toFixed(1)} GFLOP/s`;
  return [ours, ...theirs].join(', ');
}
