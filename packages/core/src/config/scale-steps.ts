import type { Experiment, GroupSettings, ParameterGroup } from './experiment.ts';

type Training = Experiment['training'];

/**
 * The same training in another number of steps: warm-up, intervals and the steps at which groups of parameters start
 * keep their share of it. A group that trains at all still does for one step at least; a frozen one, whose start says
 * nothing, and options of plugins stay as they are.
 *
 * @param steps - at least 1
 */
export function scaleSteps(training: Training, steps: number): Training {
  if (steps === training.steps) return training;
  const share = (count: number): number => Math.round((count * steps) / training.steps);
  const atLeastOne = (count: number): number => Math.max(1, share(count));
  const { warmupSteps, checkpointEvery, validateEvery, groups } = training;
  return {
    ...training,
    steps,
    warmupSteps: warmupSteps === 0 ? 0 : Math.min(steps, atLeastOne(warmupSteps)),
    checkpointEvery: atLeastOne(checkpointEvery),
    validateEvery: atLeastOne(validateEvery),
    ...(groups && { groups: scaleGroups(groups, (start) => Math.min(share(start), steps - 1)) }),
  };
}

function scaleGroups(groups: NonNullable<Training['groups']>, scale: (start: number) => number) {
  const scaled = Object.entries(groups).map(([name, { rate, start }]) => [
    name,
    { rate, start: rate > 0 ? scale(start) : start },
  ]);
  return Object.fromEntries(scaled) as { readonly [Group in ParameterGroup]: GroupSettings };
}
