import path from 'node:path';
import { readMetrics } from '@foretoken/core';
import type { PlanRecord } from '../results/write-results.ts';
import { type AblationPaths, exists } from '../run/ablation-store.ts';

/** One point of a curve, in bits: the mean over the seeds, and the lowest and highest of them. */
export interface CurvePoint {
  readonly arm: string;
  readonly step: number;
  readonly bits: number;
  readonly low: number;
  readonly high: number;
  /** Seeds that were measured at it. */
  readonly seeds: number;
}

/** Loss at offset 1 over the steps, per arm, over its seeds. */
export interface LearningCurves {
  /** Both of consecutive steps together where there are many, so that an arm has at most 80 points of either. */
  readonly training: readonly CurvePoint[];
  readonly validation: readonly CurvePoint[];
}

/** Points of a curve: as many as can be told apart on a page. */
const POINTS = 80;

/**
 * Reads the metrics of every training that an arm measured; one whose file is missing has no curve.
 * @param arms - the arms to read, those of the plan if left out
 * @param ends - the last step of arms that were pruned: an earlier matrix may have trained them further
 */
export async function readLearningCurves(
  paths: AblationPaths,
  plan: PlanRecord,
  arms: readonly string[] = plan.arms,
  ends: ReadonlyMap<string, number> = new Map(),
): Promise<LearningCurves> {
  const curves: LearningCurves[] = [];
  for (const arm of arms) {
    const keys = new Set(plan.cells.filter((cell) => cell.arm === arm).map(({ trainingKey }) => trainingKey));
    const runs: (readonly MetricsRow[])[] = [];
    const end = ends.get(arm) ?? Number.POSITIVE_INFINITY;
    for (const key of keys) {
      const rows = await rowsOf(paths.training(key));
      runs.push(rows.filter(({ step }) => step <= end));
    }
    curves.push({
      training: overSeeds(
        arm,
        runs.map((rows) => runValues(rows, trainingNats)),
      ),
      validation: overSeeds(
        arm,
        runs.map((rows) => runValues(rows, ({ validation }) => validation?.losses[0])),
      ),
    });
  }
  return {
    training: curves.flatMap(({ training }) => training),
    validation: curves.flatMap(({ validation }) => validation),
  };
}

/** As much of a line of `metrics.jsonl` as a curve shows; what was not finite is null. */
interface MetricsRow {
  readonly step: number;
  /** Terms of the losses; one that sat the step out, as with weight 0, is not among them. */
  readonly terms?: readonly string[];
  /** Nats per term. */
  readonly losses?: readonly (number | null)[];
  readonly validation?: { readonly losses: readonly (number | null)[] };
}

async function rowsOf(folder: string): Promise<readonly MetricsRow[]> {
  const [metrics, summary] = ['metrics.jsonl', 'summary.json'].map((name) => path.join(folder, name));
  return (await exists(metrics)) ? ((await readMetrics({ metrics, summary })) as unknown as MetricsRow[]) : [];
}

const trainingNats = ({ losses, terms }: MetricsRow) => losses?.[terms?.indexOf('offset-1') ?? 0];

/** Bits of one run by step; a step without a finite value is none. */
function runValues(
  rows: readonly MetricsRow[],
  nats: (row: MetricsRow) => number | null | undefined,
): ReadonlyMap<number, number> {
  return new Map(
    rows.flatMap((row) => {
      const value = nats(row);
      return typeof value === 'number' ? [[row.step, value / Math.LN2] as const] : [];
    }),
  );
}

/** Means, and the range of the runs. Each run is smoothed before runs are compared: the noise of a step is not the seeds'. */
function overSeeds(arm: string, runs: readonly ReadonlyMap<number, number>[]): CurvePoint[] {
  const steps = [...new Set(runs.flatMap((run) => [...run.keys()]))].sort((a, b) => a - b);
  const width = Math.max(1, Math.ceil(steps.length / POINTS));
  return Array.from({ length: Math.ceil(steps.length / width) }, (_, i) => {
    const group = steps.slice(i * width, (i + 1) * width);
    const values = runs.flatMap((run) => {
      const own = group.flatMap((step) => run.get(step) ?? []);
      return own.length === 0 ? [] : [mean(own)];
    });
    return {
      arm,
      step: mean(group),
      bits: mean(values),
      ...{ low: Math.min(...values), high: Math.max(...values), seeds: values.length },
    };
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
