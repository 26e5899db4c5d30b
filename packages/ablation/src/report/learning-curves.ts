import path from 'node:path';
import { readJsonLines } from '@foretoken/core';
import type { PlanRecord } from '../results/write-results.ts';
import { type AblationPaths, exists } from '../run/ablation-store.ts';

/** One point of a curve, in bits. */
export interface CurvePoint {
  readonly arm: string;
  readonly step: number;
  readonly bits: number;
}

/** Loss at offset 1 over the steps, per arm, mean over seeds. */
export interface LearningCurves {
  /** Means of consecutive steps, so that an arm has at most some 80 points. */
  readonly training: readonly CurvePoint[];
  readonly validation: readonly CurvePoint[];
}

/** Points of a smoothed curve: as many as can be told apart on a page. */
const POINTS = 80;

/** Reads the metrics of every training that an arm measured; one whose file is missing has no curve. */
export async function readLearningCurves(paths: AblationPaths, plan: PlanRecord): Promise<LearningCurves> {
  const rows = new Map<string, readonly MetricsRow[]>();
  for (const key of new Set(plan.cells.map(({ trainingKey }) => trainingKey))) {
    const file = path.join(paths.training(key), 'metrics.jsonl');
    rows.set(key, (await exists(file)) ? ((await readJsonLines(file)) as unknown as MetricsRow[]) : []);
  }
  const curves = plan.arms.map((arm) => {
    const runs = plan.cells.filter((cell) => cell.arm === arm).map(({ trainingKey }) => rows.get(trainingKey)!);
    return {
      training: smoothed(
        arm,
        meanOverRuns(arm, runs, ({ losses, terms }) => losses?.[terms?.indexOf('offset-1') ?? 0]),
      ),
      validation: meanOverRuns(arm, runs, ({ validation }) => validation?.losses[0]),
    };
  });
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

function meanOverRuns(
  arm: string,
  runs: readonly (readonly MetricsRow[])[],
  nats: (row: MetricsRow) => number | null | undefined,
): CurvePoint[] {
  const byStep = new Map<number, number[]>();
  for (const row of runs.flat()) {
    const value = nats(row);
    if (typeof value === 'number') byStep.set(row.step, [...(byStep.get(row.step) ?? []), value]);
  }
  return [...byStep].sort(([a], [b]) => a - b).map(([step, values]) => ({ arm, step, bits: mean(values) / Math.LN2 }));
}

function smoothed(arm: string, points: readonly CurvePoint[]): CurvePoint[] {
  const width = Math.ceil(points.length / POINTS);
  return Array.from({ length: Math.ceil(points.length / Math.max(1, width)) }, (_, i) => {
    const group = points.slice(i * width, (i + 1) * width);
    return { arm, step: mean(group.map(({ step }) => step)), bits: mean(group.map(({ bits }) => bits)) };
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
