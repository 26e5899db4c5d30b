import { type Experiment, formatProblem, type Source } from '@foretoken/core';
import { BY_STEPS, tokensPerStep, withSteps } from './budget.ts';
import type { Setting } from './setting.ts';

/**
 * An arm in as many steps as give it the baseline's training tokens, where it is matched by steps: the nearest whole
 * number, one at least. Warm-up and intervals scale along.
 *
 * Under `match: flops` the budget is that of a one-token model on these tokens, and the arm's own number of steps
 * follows when its FLOPs are counted.
 */
export function matchTokens(baseline: Experiment, arm: Experiment): Experiment {
  if (!BY_STEPS.has(arm.model.match)) return arm;
  const steps = Math.round((baseline.training.steps * tokensPerStep(baseline)) / tokensPerStep(arm));
  return withSteps(arm, Math.max(1, steps));
}

/** An arm that is matched by steps and sets other steps than the baseline: which of the two is meant? */
export function stepsOfItsOwn(
  source: Source,
  baseline: Experiment,
  { experiment, settings }: { readonly experiment: Experiment; readonly settings: readonly Setting[] },
): string[] {
  const { match } = experiment.model;
  if (!BY_STEPS.has(match) || experiment.training.steps === baseline.training.steps) return [];
  const own = settings.findLast(({ path }) => path === 'training' || path.startsWith('training.steps'));
  const sentence =
    `must be that of the baseline (${baseline.training.steps}) under match: ${match}, which gives each ` +
    `arm its number of steps, was ${experiment.training.steps}. Leave it out, or choose another match.`;
  return [formatProblem(source, own?.at ?? ['arms'], sentence)];
}
