import type { AblationStore } from '../run/ablation-store.ts';
import { type Race, type RacingPlan, startRace } from './race.ts';
import { openRungLosses } from './rung-losses.ts';

/**
 * The race of a plan as its folder has it, no training of it having failed.
 * @throws FILE_CORRUPT, FORMAT_VERSION
 */
export async function readRace(plan: RacingPlan, { paths }: Pick<AblationStore, 'paths'>): Promise<Race> {
  if (!plan.pruning) return startRace(plan, new Map());
  const losses = openRungLosses(paths);
  const read = plan.trainings.map(async ({ key }) => [key, await losses.read(key)] as const);
  return startRace(plan, new Map(await Promise.all(read)));
}

/** The same once a run is over: a training whose cells failed with it came to no further rung. */
export async function readFinishedRace(
  plan: RacingPlan,
  store: Pick<AblationStore, 'paths' | 'readFailure'>,
): Promise<Race> {
  const race = await readRace(plan, store);
  if (!plan.pruning) return race;
  for (const { key, cells } of plan.trainings) {
    const failures = await Promise.all(cells.map((id) => store.readFailure(id)));
    if (failures.some((failure) => failure?.task === 'train')) race.fail(key);
  }
  return race;
}
