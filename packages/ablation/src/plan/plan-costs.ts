import { canonicalJson, type Experiment, isForetokenError } from '@foretoken/core';
import type { TrainingCost, TrainingPreview } from '@foretoken/core/training';
import { tokensPerStep } from '../matrix/budget.ts';
import type { Training } from '../matrix/cells.ts';
import type { AblationPlan, PlanningHost } from './plan-ablation.ts';

/** Counts a training and can time it for a moment; see core's `withTrainingPreview`. */
export type Previewer = <T>(experiment: Experiment, use: (preview: PlannedPreview) => T) => Promise<T>;

/** What a plan wants to know of a training. */
type PlannedPreview = Pick<TrainingPreview, 'cost' | 'flopsPerSecond'>;

/** What is known of the trainings of a plan before they run. */
export interface PlanCosts {
  /** By key; a training whose model cannot be made is missing. */
  readonly trainings: ReadonlyMap<string, TrainingCost>;
  /** Why models cannot be made: the error of each such training, by key. */
  readonly refused: ReadonlyMap<string, string>;
}

/** How counting is watched. */
export interface CountingOptions {
  /** After each model that had to be counted. */
  onCounted?(done: number, total: number): void;
}

/** Core's previews. The tensor library is loaded with the first. */
export function createPreviewer(host: PlanningHost, baseDirectory: string): Previewer {
  return async (experiment, use) => {
    const { withTrainingPreview } = await import('@foretoken/core/training');
    return withTrainingPreview(host, experiment, baseDirectory, use);
  };
}

/** Counts every training of a plan. Those that count alike, whatever their seeds, batches and rates, are counted once. */
export async function countTrainings(
  { trainings }: AblationPlan,
  preview: Previewer,
  { onCounted }: CountingOptions = {},
): Promise<PlanCosts> {
  const alike = new Map<string, Training[]>();
  for (const training of trainings) {
    const key = countedBy(training.experiment);
    alike.set(key, [...(alike.get(key) ?? []), training]);
  }
  const costs = new Map<string, TrainingCost>();
  const refused = new Map<string, string>();
  let done = 0;
  for (const group of alike.values()) {
    const [{ experiment }] = group;
    try {
      const cost = await preview(experiment, (one) => one.cost);
      for (const { key, experiment: own } of group) costs.set(key, inTokensOf(cost, experiment, own));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const said = isForetokenError(error) ? message.replace(`${error.code}: `, '') : message;
      for (const { key } of group) refused.set(key, said);
    }
    done += 1;
    onCounted?.(done, alike.size);
  }
  return { trainings: costs, refused };
}

/** What the operations per token, the number of steps and the checkpoints follow from. */
function countedBy({ engine, data, model, training }: Experiment): string {
  const { steps, minutes, groups, distil, horizonSchedule, checkpointEvery } = training;
  const settings = {
    steps,
    minutes: minutes ?? null,
    groups: groups ?? null,
    distil: distil ?? null,
    horizonSchedule,
    checkpointEvery,
  };
  return canonicalJson({ engine, tokenizer: data.tokenizer, context: data.context, model, settings });
}

function inTokensOf(cost: TrainingCost, counted: Experiment, own: Experiment): TrainingCost {
  const tokens = (cost.tokens / tokensPerStep(counted)) * tokensPerStep(own);
  return { ...cost, tokens, trainingFlops: tokens * cost.flopsPerToken.training };
}
