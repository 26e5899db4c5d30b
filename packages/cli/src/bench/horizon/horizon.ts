import { setImmediate as nextTurn } from 'node:timers/promises';
import { flopsPerToken } from '@foretoken/core/training';
import type { BenchHorizonOptions } from '../../commands/bench.ts';
import { formatTable } from '../../output/table.ts';
import type { CommandContext } from '../../process/context.ts';
import { EXIT } from '../../process/exit-code.ts';
import { trainingShape } from '../experiment.ts';
import { median } from '../median.ts';
import { type Bench, throwIfStopped, withBench } from '../open-bench.ts';
import { openTraining, type TimedTraining } from '../training-steps.ts';
import { PAPER_RATIOS, paperRange } from './paper.ts';

/** One horizon against one offset. */
export interface HorizonCost {
  readonly horizon: number;
  readonly parameters: number;
  /** Median over the steps. */
  readonly stepMs: number;
  /** Median of the ratios of the steps that were taken one after the other. */
  readonly timeRatio: number;
  /** Of the counted FLOPs of a step: equal parameters are not equal work, since every offset has its readout. */
  readonly flopsRatio: number;
  /** `timeRatio` over `flopsRatio`: 1 where an offset costs what it must. */
  readonly overhead: number;
  /** Lowest and highest time ratio of the paper's models at this horizon. */
  readonly paper?: readonly [lowest: number, highest: number];
}

/** `foretoken bench horizon --json`. */
export interface HorizonReport {
  readonly engine: string;
  readonly threads: number;
  readonly horizons: readonly HorizonCost[];
  /** The paper's table S5, model by model. */
  readonly paper: typeof PAPER_RATIOS;
}

/** Measures training steps of several horizons with equal parameters in turns, and one offset beside each. */
export async function run(
  context: CommandContext,
  _: readonly string[],
  options: BenchHorizonOptions,
): Promise<number> {
  const horizons = [...new Set([1, ...options.horizon])].sort((a, b) => a - b);
  const report = await withModels(horizons, options, (benches) => measure(context, benches, options));
  if (context.isJson) context.printJson(report);
  else for (const line of linesOf(report)) context.print(line);
  return EXIT.done;
}

/** Opens a model for each horizon, all at once. */
function withModels<T>(
  horizons: readonly number[],
  options: BenchHorizonOptions,
  use: (benches: readonly Bench[]) => Promise<T>,
  open: readonly Bench[] = [],
): Promise<T> {
  const [horizon, ...rest] = horizons;
  if (horizon === undefined) return use(open);
  const model = { ...options, horizon, match: 'parameters' as const };
  return withBench(model, trainingShape(model), (bench) => withModels(rest, options, use, [...open, bench]));
}

async function measure(
  context: CommandContext,
  benches: readonly Bench[],
  { batch, steps, warmup }: BenchHorizonOptions,
): Promise<HorizonReport> {
  const trainings = benches.map((bench) => openTraining(bench, batch));
  const times = benches.map((): number[] => []);
  const progress = context.progress();
  try {
    for (let step = 0; step < warmup + steps; step++) {
      for (const [i, ms] of (await oneRound(context, trainings, step)).entries()) if (step >= warmup) times[i].push(ms);
      progress.update({ label: 'horizon', done: step + 1, total: warmup + steps, unit: 'rounds' });
    }
  } finally {
    for (const training of trainings) training.dispose();
  }
  const [{ engine }] = benches;
  const perToken = benches.map(({ model, experiment }) => flopsPerToken(model, experiment.training).training);
  const horizons = benches.map(({ model }, i): HorizonCost => {
    const timeRatio = median(times[i].map((ms, step) => ms / times[0][step]));
    const flopsRatio = perToken[i] / perToken[0];
    const { horizon } = model.dims;
    const paper = paperRange(horizon);
    return {
      ...{ horizon, parameters: model.numParameters, stepMs: median(times[i]), timeRatio, flopsRatio },
      overhead: timeRatio / flopsRatio,
      ...(paper && { paper }),
    };
  });
  return { engine: engine.name, threads: engine.threads, horizons, paper: PAPER_RATIOS };
}

/** One step of every model, in the opposite order every other round, so that a clock that wanders treats all alike. */
async function oneRound(
  context: CommandContext,
  trainings: readonly TimedTraining[],
  round: number,
): Promise<readonly number[]> {
  const order = [...trainings.keys()];
  if (round % 2 === 1) order.reverse();
  const times: number[] = [];
  for (const i of order) {
    throwIfStopped(context);
    times[i] = trainings[i].step();
    await nextTurn();
  }
  return times;
}

function linesOf({ engine, threads, horizons }: HorizonReport): string[] {
  const right = (title: string) => ({ title, align: 'right' as const });
  const columns = ['n', 'parameters', 'step ms', 'time over n=1', 'FLOPs over n=1', 'overhead', 'paper, S5'].map(right);
  return [
    `${engine}, ${threads} ${threads === 1 ? 'thread' : 'threads'}: training steps with equal parameters`,
    ...formatTable(
      columns,
      horizons.map(({ horizon, parameters, stepMs, timeRatio, flopsRatio, overhead, paper }) => [
        String(horizon),
        parameters.toLocaleString('en-US'),
        stepMs.toFixed(1),
        timeRatio.toFixed(3),
        flopsRatio.toFixed(3),
        overhead.toFixed(3),
        paper ? [...new Set(paper)].map((ratio) => ratio.toFixed(2)).join(' to ') : '–',
      ]),
    ),
  ];
}
