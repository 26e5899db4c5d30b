import type { AblationPlan } from '../plan/plan-ablation.ts';

/** Arms that are trained as one: they differ in decoding and evaluation alone, so whatever stops one stops all of them. */
export interface Contestant {
  readonly arms: readonly string[];
  /** Keys, one per seed, in the order of the seeds. */
  readonly trainings: readonly string[];
  /** The baseline is among the arms. */
  readonly isBaseline: boolean;
}

/** Who is compared at rungs, in the order of the plan: the baseline first. */
export function contestantsOf({ arms, cells }: Pick<AblationPlan, 'arms' | 'cells'>): Contestant[] {
  const trainingsOf = new Map<string, string[]>(arms.map((arm) => [arm, []]));
  for (const { arm, trainingKey } of cells) trainingsOf.get(arm)!.push(trainingKey);
  const found = new Map<string, { arms: string[]; trainings: readonly string[]; isBaseline: boolean }>();
  for (const [i, arm] of arms.entries()) {
    const trainings = trainingsOf.get(arm)!;
    const key = trainings.join(' ');
    const contestant = found.get(key) ?? { arms: [], trainings, isBaseline: i === 0 };
    contestant.arms.push(arm);
    found.set(key, contestant);
  }
  return [...found.values()];
}
