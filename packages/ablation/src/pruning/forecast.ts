import { type Experiment, scaleSteps, validationStep } from '@foretoken/core';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import { type Contestant, contestantsOf } from './contestants.ts';
import { keptOf } from './halving.ts';
import type { Pruning } from './pruning.ts';

/** What pruning will come to, as far as that is known before anything is trained and if nothing fails. */
export interface PruningForecast {
  readonly rule: Pruning['rule'];
  /** In order: the share of each arm's steps, and the cells that come to it at most. */
  readonly rungs: readonly { readonly share: number; readonly cells: number }[];
  /** Cells that come to their end at most. */
  readonly finishing: number;
  /** Counted operations of all trainings, from their start: without pruning, and with it at least and at most. */
  readonly trainingFlops: { readonly without: number; readonly least: number; readonly most: number };
}

/** What one training takes. */
export interface TrainingSize {
  readonly steps: number;
  readonly trainingFlops: number;
}

/** An arm beside the baseline, with what it would take to each rung and to its end. */
interface Challenger {
  readonly cells: number;
  readonly flops: number;
  /** Share of its operations that it takes to come to each rung. */
  readonly shares: readonly number[];
}

/**
 * Counts what pruning leaves to be done. Under halving how many arms come to each rung is known, and only which is not; under
 * the paired rule all may go on, or all may stop at the first rung.
 * @param sizes - by training
 * @returns undefined for a plan without pruning
 */
export function forecastPruning(
  plan: Pick<AblationPlan, 'arms' | 'cells' | 'trainings' | 'pruning'>,
  sizes: ReadonlyMap<string, TrainingSize>,
): PruningForecast | undefined {
  const { pruning } = plan;
  if (!pruning) return undefined;
  const contestants = contestantsOf(plan);
  const experiments = new Map(plan.trainings.map(({ key, experiment }) => [key, experiment]));
  const sized = contestants.map((one) => challengerOf(one, pruning, experiments, sizes));
  const challengers = sized.filter((_, i) => !contestants[i].isBaseline);
  const own = sized.filter((_, i) => contestants[i].isBaseline);
  const baseline = { cells: sum(own, ({ cells }) => cells), flops: sum(own, ({ flops }) => flops) };
  const most = comers(pruning, challengers.length);
  const least = pruning.rule === 'halving' ? most : most.map((count, rung) => (rung === 0 ? count : 0));
  const bySize = (order: 1 | -1) => challengers.toSorted((a, b) => order * (a.flops - b.flops));
  const byCells = challengers.toSorted((a, b) => b.cells - a.cells);
  const cellsOf = (count: number) => baseline.cells + sum(byCells.slice(0, count), ({ cells }) => cells);
  return {
    rule: pruning.rule,
    rungs: pruning.rungs.map((share, rung) => ({ share, cells: cellsOf(most[rung]) })),
    finishing: cellsOf(most.at(-1)!),
    trainingFlops: {
      without: baseline.flops + sum(challengers, ({ flops }) => flops),
      least: baseline.flops + flopsOf(bySize(1), least),
      most: baseline.flops + flopsOf(bySize(-1), most),
    },
  };
}

/** How many arms beside the baseline come to each rung, and last to the end, at most. */
function comers(pruning: Pruning, count: number): number[] {
  const counts = [count];
  for (const _ of pruning.rungs) {
    const left = counts.at(-1)!;
    counts.push(pruning.rule === 'halving' && left > 0 ? keptOf(left, pruning.keep) : left);
  }
  return counts;
}

/** Operations of arms of which the first go furthest. @param counts - see {@link comers} */
function flopsOf(challengers: readonly Challenger[], counts: readonly number[]): number {
  return sum(challengers, ({ flops, shares }, i) => {
    const stop = counts.slice(1).findIndex((count) => i >= count);
    return flops * (stop < 0 ? 1 : shares[stop]);
  });
}

function challengerOf(
  { trainings, arms }: Contestant,
  { rungs }: Pruning,
  experiments: ReadonlyMap<string, Experiment>,
  sizes: ReadonlyMap<string, TrainingSize>,
): Challenger {
  const { steps } = sizes.get(trainings[0])!;
  const settings = scaleSteps(experiments.get(trainings[0])!.training, steps);
  return {
    cells: arms.length * trainings.length,
    flops: sum(trainings, (key) => sizes.get(key)!.trainingFlops),
    shares: rungs.map((share) => validationStep(settings, share) / steps),
  };
}

const sum = <T>(all: readonly T[], of: (one: T, index: number) => number): number =>
  all.reduce((total, one, i) => total + of(one, i), 0);
