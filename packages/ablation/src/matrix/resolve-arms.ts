import { type Experiment, formatProblem } from '@foretoken/core';
import { MAX_PROBLEMS, type ReadAblation } from './ablation-file.ts';
import { clockProblems, tokensPerStep, withinBudget } from './budget.ts';
import type { ArmSettings } from './expand-arms.ts';
import type { ArmInspector } from './inspect-arm.ts';
import { matchTokens, stepsOfItsOwn } from './match-tokens.ts';
import type { Setting } from './setting.ts';

/** One arm with one seed: a complete experiment. */
export interface ResolvedCell {
  readonly arm: string;
  readonly experiment: Experiment;
}

/**
 * Resolves every arm with every seed into a complete experiment.
 *
 * All share one `maxOffset`, the largest horizon of any arm (or what the base sets, if that is more): every arm drops
 * the same targets and so scores the same positions. A budget says how long the base trains; arms that are matched by
 * steps train on the baseline's number of tokens (see {@link matchTokens}).
 * @param seeds - settings of `seed`; empty: the seed of the base
 * @returns the cells, arm by arm, worth something only without problems; each problem says its place in the file that
 * it comes from, once
 */
export function resolveArms(
  { source, file }: ReadAblation,
  inspect: ArmInspector,
  arms: readonly ArmSettings[],
  seeds: readonly Setting[],
): { readonly cells: readonly ResolvedCell[]; readonly problems: readonly string[] } {
  const problems = new Set<string>();
  const resolved = arms.flatMap(({ name, settings }) => {
    if (problems.size >= MAX_PROBLEMS) return [];
    const inspected = inspect(settings);
    for (const problem of inspected.problems) problems.add(problem);
    return inspected.experiment ? [{ name, settings, experiment: inspected.experiment }] : [];
  });
  // What is wrong has no sizes to go by.
  if (problems.size > 0) return { cells: [], problems: [...problems] };
  const budgeted = resolved.map((arm) => {
    const { steps, experiment } = withinBudget(arm.experiment, file.budget);
    for (const problem of clockProblems({ source, file }, experiment)) problems.add(problem);
    if (steps < 1) {
      const sentence = `must be at least half a step of every arm, which has ${tokensPerStep(experiment)} tokens in ${JSON.stringify(arm.name)}, was ${file.budget?.tokens}.`;
      problems.add(formatProblem(source, ['budget', 'tokens'], sentence));
    }
    return { ...arm, experiment };
  });
  const maxOffset = Math.max(...budgeted.map(({ experiment }) => experiment.model.maxOffset));
  const cells = budgeted.flatMap(({ name, settings, experiment }) => {
    const baseline = budgeted[0].experiment;
    // Under a budget of tokens, arms of other batches have other steps, and the very tokens that the match asks for.
    const own = file.budget ? [] : stepsOfItsOwn(source, baseline, { experiment, settings });
    for (const problem of own) problems.add(problem);
    const matched = scoring(matchTokens(baseline, experiment), maxOffset);
    return withSeeds(matched, seeds).map((seeded) => ({ arm: name, experiment: seeded }));
  });
  return { cells, problems: [...problems] };
}

function withSeeds(experiment: Experiment, seeds: readonly Setting[]): Experiment[] {
  if (seeds.length === 0) return [experiment];
  return seeds.map(({ value }) => ({ ...experiment, seed: value as number }));
}

const scoring = (experiment: Experiment, maxOffset: number): Experiment => ({
  ...experiment,
  model: { ...experiment.model, maxOffset },
});
