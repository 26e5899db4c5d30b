import { statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Experiment } from '@foretoken/core';
import type { TrainingCost } from '@foretoken/core/training';
import type { StaleSummary } from '../identity/earlier-work.ts';
import { ablationInvalid } from '../matrix/ablation-file.ts';
import { notReproducible } from '../matrix/budget.ts';
import { forecastPruning, type PruningForecast } from '../pruning/forecast.ts';
import { type Difference, differences } from './differences.ts';
import type { AblationPlan, PlanningHost } from './plan-ablation.ts';
import { type CountingOptions, countTrainings, createPreviewer, type PlanCosts, type Previewer } from './plan-costs.ts';
import { type CellStatus, type PlanProgress, readProgress, type TrainingStatus } from './plan-progress.ts';

/** An arm before it runs. */
export interface PlannedArm {
  readonly name: string;
  /** From the baseline's complete experiment; none for the baseline itself. */
  readonly differences: readonly Difference[];
  /** One per seed. */
  readonly cells: readonly { readonly id: string; readonly seed: number; readonly status: CellStatus }[];
  /** Of one training, the seeds' being alike. */
  readonly cost: TrainingCost;
  /** Why nobody gets its results again; absent where they follow from the plan. */
  readonly notReproducible?: string;
  /** Another arm, earlier in the plan, whose cells are the same. */
  readonly sameAs?: string;
}

/** A training before it runs. */
export interface PlannedTraining {
  readonly key: string;
  readonly seed: number;
  /** Arms that measure it. */
  readonly arms: readonly string[];
  readonly status: TrainingStatus;
}

/** What is left to do, in figures. Whatever depends on the machine is an estimate. */
export interface PlanEstimate {
  /** Counted operations of the trainings that are not done; those of started ones, and of ones that may be pruned, count whole. */
  readonly trainingFlops: number;
  /** Some count every step at the full horizon, or may be pruned, and may take fewer. */
  readonly isUpperBound: boolean;
  /** Minutes of the trainings that end by the clock and are not done; those of started ones count whole. */
  readonly minutes?: number;
  /** Of training, one training after the other; evaluations come on top. Absent if no rate is known. */
  readonly trainingSeconds?: number;
  /** Counted operations per second, and where they come from; absent with `trainingSeconds`. */
  readonly rate?: { readonly flopsPerSecond: number; readonly from: 'finished trainings' | 'a moment of training' };
  /** Checkpoints that the trainings not done will leave. */
  readonly checkpointBytes: number;
  /** On the disk of the output folder; absent where the system does not say. */
  readonly freeBytes?: number;
}

/** A plan with all that is known of it before it runs. */
export interface PlanDescription {
  readonly arms: readonly PlannedArm[];
  readonly trainings: readonly PlannedTraining[];
  /** Cells that run anew since code or engine is not what their results were made with, and what changed. */
  readonly stale: StaleSummary;
  /** What pruning will come to; absent for a plan without. */
  readonly pruning?: PruningForecast;
  readonly estimate: PlanEstimate;
}

/** What describing may be given in place of core's previews. */
export interface DescribeOptions extends CountingOptions {
  readonly preview?: Previewer;
}

/** Time that a rate is measured for, when no training has told it yet. */
const RATE_MS = 200;

/**
 * Tells what a plan comes to: what its arms differ in, which trainings they share, what those cost, what is done already.
 *
 * Every model is made once, with zeros for weights, so that one that cannot be made is found here and not by its worker.
 * @throws ABLATION_INVALID with every arm whose model cannot be made; FILE_CORRUPT, FORMAT_VERSION
 */
export async function describePlan(
  plan: AblationPlan,
  host: PlanningHost,
  { preview = createPreviewer(host, plan.baseDirectory), onCounted }: DescribeOptions = {},
): Promise<PlanDescription> {
  const progress = await readProgress(plan);
  const costs = await countTrainings(plan, preview, { onCounted });
  refuseImpossible(plan, costs);
  const trainings = plannedTrainings(plan, progress);
  const pruning = forecastPruning(plan, costs.trainings);
  return {
    arms: plannedArms(plan, progress, costs),
    trainings,
    stale: progress.stale,
    ...(pruning && { pruning }),
    estimate: await estimate(plan, { progress, costs, preview }),
  };
}

function refuseImpossible({ cells, file }: AblationPlan, { refused }: PlanCosts): void {
  const problems = cells.flatMap(({ arm, trainingKey }) => {
    const reason = refused.get(trainingKey);
    return reason === undefined
      ? []
      : [`${path.relative('', file)}: arm ${JSON.stringify(arm)} cannot be made: ${reason}`];
  });
  if (problems.length > 0) throw ablationInvalid([...new Set(problems)]);
}

function plannedArms({ arms, cells }: AblationPlan, progress: PlanProgress, costs: PlanCosts): PlannedArm[] {
  const byArm = groupBy(cells, ({ arm }) => arm);
  const first = new Map<string, string>();
  const baseline = cells[0].experiment;
  return arms.map((name) => {
    const own = byArm.get(name) ?? [];
    const sameAs = first.get(own[0].id);
    if (sameAs === undefined) first.set(own[0].id, name);
    return {
      name,
      differences: differences(baseline, own[0].experiment),
      cells: own.map(({ id, seed }) => ({ id, seed, status: progress.cells.get(id)! })),
      cost: costs.trainings.get(own[0].trainingKey)!,
      ...notReproducible(own[0].experiment),
      ...(sameAs !== undefined && { sameAs }),
    };
  });
}

function plannedTrainings({ cells, trainings }: AblationPlan, progress: PlanProgress): PlannedTraining[] {
  const byTraining = groupBy(cells, ({ trainingKey }) => trainingKey);
  return trainings.map(({ key, experiment: { seed } }) => ({
    key,
    seed,
    arms: (byTraining.get(key) ?? []).map(({ arm }) => arm),
    status: progress.trainings.get(key)!,
  }));
}

function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group) group.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return groups;
}

interface Known {
  readonly progress: PlanProgress;
  readonly costs: PlanCosts;
  readonly preview: Previewer;
}

async function estimate(plan: AblationPlan, { progress, costs, preview }: Known): Promise<PlanEstimate> {
  const isLeft = (status: TrainingStatus | undefined) => status !== 'done' && status !== 'pruned';
  const left = plan.trainings.filter(({ key }) => isLeft(progress.trainings.get(key)));
  const own = left.map(({ key }) => costs.trainings.get(key)!);
  const sum = (of: (cost: TrainingCost) => number) => own.reduce((total, cost) => total + of(cost), 0);
  const trainingFlops = sum((cost) => cost.trainingFlops);
  const minutes = sum((cost) => cost.minutes ?? 0);
  // Those that end by the clock say themselves how long they take.
  const counted = left.find(({ experiment }) => experiment.training.minutes === undefined);
  const rate = counted && (await rateOf(counted.experiment, progress, preview));
  const freeBytes = await freeSpace(plan.directory);
  return {
    trainingFlops,
    isUpperBound:
      own.some(({ isTrainingFlopsUpperBound }) => isTrainingFlopsUpperBound === true) ||
      (plan.pruning !== undefined && left.length > 0),
    ...(minutes > 0 && { minutes }),
    ...(!counted && { trainingSeconds: 60 * minutes }),
    ...(rate && { trainingSeconds: 60 * minutes + trainingFlops / rate.flopsPerSecond, rate }),
    checkpointBytes: sum((cost) => cost.checkpointBytes),
    ...(freeBytes !== undefined && { freeBytes }),
  };
}

/** That of the finished trainings (their median) or, where there is none, that of the first training for a moment. */
async function rateOf(
  experiment: Experiment,
  { flopsPerSecond: recorded }: PlanProgress,
  preview: Previewer,
): Promise<PlanEstimate['rate']> {
  if (recorded.length > 0) {
    const sorted = recorded.toSorted((a, b) => a - b);
    return { flopsPerSecond: sorted[Math.floor(sorted.length / 2)], from: 'finished trainings' };
  }
  const flopsPerSecond = await preview(experiment, (one) => one.flopsPerSecond(RATE_MS));
  return { flopsPerSecond, from: 'a moment of training' };
}

/** Of the disk that a folder, there or not yet, is on. */
async function freeSpace(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    const parent = path.dirname(folder);
    return parent === folder ? undefined : freeSpace(parent);
  }
}
