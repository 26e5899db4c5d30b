import { type Experiment, formatProblem, type Source, scaleSteps } from '@foretoken/core';
import type { AblationFile, Budget } from './ablation-file.ts';
import type { Point } from './axes.ts';
import { gives, twoPlaces } from './setting.ts';

const STEPS = 'training.steps';

/** What is wrong with a budget by itself, and with what arms say beside it. */
export function budgetProblems(source: Source, { budget }: AblationFile, points: readonly Point[]): string[] {
  if (!budget) return [];
  const kinds = (['steps', 'tokens', 'minutes'] as const).filter((kind) => budget[kind] !== undefined);
  if (kinds.length !== 1) {
    const got = kinds.length === 0 ? 'neither' : kinds.join(' and ');
    return [formatProblem(source, ['budget'], `must be one of steps and tokens, had ${got}.`)];
  }
  if (budget.minutes !== undefined) {
    const sentence =
      'a training cannot end by the clock: warm-up and decay go by the number of steps, which has to be known before, ' +
      'and the result would be of one machine at one moment. Give steps or tokens.';
    return [formatProblem(source, ['budget', 'minutes'], sentence, 'key')];
  }
  const rivals = points.flatMap(({ settings }) => settings).filter((setting) => gives(setting, STEPS));
  const problems = rivals.map(({ keyAt }) =>
    formatProblem(source, keyAt, twoPlaces(source, STEPS, ['budget', kinds[0]]), 'key'),
  );
  return [...new Set(problems)];
}

/**
 * An experiment with the steps that a budget gives it: its steps, or the nearest whole number of steps to its tokens.
 * Warm-up, intervals and starts of groups keep their share.
 *
 * @returns fewer than one step as 0, for the caller to refuse; the experiment is unchanged then
 */
export function withinBudget(experiment: Experiment, budget: Budget | undefined) {
  const steps = stepsOf(experiment, budget);
  return { steps, experiment: steps >= 1 ? withSteps(experiment, steps) : experiment };
}

/** An experiment in another number of steps. @param steps - at least 1 */
export const withSteps = (experiment: Experiment, steps: number): Experiment => ({
  ...experiment,
  training: scaleSteps(experiment.training, steps),
});

/** Tokens that one optimizer step trains on. */
export const tokensPerStep = ({ training: { batch, accumulate }, data: { context } }: Experiment): number =>
  batch * accumulate * context;

function stepsOf(experiment: Experiment, { steps, tokens }: Budget = {}): number {
  if (steps !== undefined) return steps;
  return tokens === undefined ? experiment.training.steps : Math.round(tokens / tokensPerStep(experiment));
}
