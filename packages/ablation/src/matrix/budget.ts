import { type Experiment, formatProblem, type Source, scaleSteps } from '@foretoken/core';
import type { AblationFile, Budget, ReadAblation } from './ablation-file.ts';
import type { Point } from './axes.ts';
import { gives, twoPlaces } from './setting.ts';

const STEPS = 'training.steps';
const MINUTES = 'training.minutes';

/** What is wrong with a budget by itself, and with what arms say beside it. */
export function budgetProblems(source: Source, { budget }: AblationFile, points: readonly Point[]): string[] {
  if (!budget) return [];
  const kinds = (['steps', 'tokens', 'minutes'] as const).filter((kind) => budget[kind] !== undefined);
  if (kinds.length !== 1) {
    const got = kinds.length === 0 ? 'none' : kinds.join(' and ');
    return [formatProblem(source, ['budget'], `must be one of steps, tokens and minutes, had ${got}.`)];
  }
  // Of a training that ends by the clock, the steps say how finely its schedule is divided: that is an arm's own affair.
  const rival = budget.minutes === undefined ? STEPS : MINUTES;
  const rivals = points.flatMap(({ settings }) => settings).filter((setting) => gives(setting, rival));
  const problems = rivals.map(({ keyAt }) =>
    formatProblem(source, keyAt, twoPlaces(source, rival, ['budget', kinds[0]]), 'key'),
  );
  return [...new Set(problems)];
}

/** Matches that are made by the number of steps. */
export const BY_STEPS: ReadonlySet<Experiment['model']['match']> = new Set(['tokens', 'flops']);

/** What an arm that ends by the clock contradicts: everything that goes by a number of steps known before. */
export function clockProblems(
  { source, file }: ReadAblation,
  { model: { match }, training: { minutes } }: Experiment,
): string[] {
  if (minutes === undefined) return [];
  const at = file.budget?.minutes === undefined ? [] : ['budget', 'minutes'];
  const why = 'a training that ends by the clock has none before it ends. Give steps or tokens, or leave it out.';
  return [
    ...(BY_STEPS.has(match)
      ? [formatProblem(source, at, `match: ${match} gives each arm its number of steps, and ${why}`, 'key')]
      : []),
    ...(file.pruning
      ? [formatProblem(source, at, `pruning compares arms at shares of their steps, and ${why}`, 'key')]
      : []),
  ];
}

/** Why nobody gets an experiment's results again, in words, as arms carry it; nothing if its results follow from it. */
export function notReproducible({ training: { minutes } }: Experiment): { readonly notReproducible?: string } {
  if (minutes === undefined) return {};
  return { notReproducible: `trained for ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} by the clock` };
}

/**
 * An experiment with the length that a budget gives it: its steps, the nearest whole number of steps to its tokens, or its
 * minutes. Warm-up, intervals and starts of groups keep their share.
 *
 * @returns fewer than one step as 0, for the caller to refuse; the experiment is unchanged then
 */
export function withinBudget(experiment: Experiment, budget: Budget | undefined) {
  const steps = stepsOf(experiment, budget);
  if (budget === undefined || steps < 1) return { steps, experiment };
  const { minutes: _, ...training } = experiment.training;
  const { minutes } = budget;
  const unlimited = { ...experiment, training: { ...training, ...(minutes !== undefined && { minutes }) } };
  return { steps, experiment: withSteps(unlimited, steps) };
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
