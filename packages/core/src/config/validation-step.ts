import type { Experiment } from './experiment.ts';

/** Shares are written as decimals: 0.1 of 30 steps is not step 4. */
const ROUNDING = 1e-9;

/**
 * The step of the first validation at or after a share of a training; the last step, which is validated too, if no other is.
 * @param share - above 0, at most 1
 */
export function validationStep(
  { steps, validateEvery }: Pick<Experiment['training'], 'steps' | 'validateEvery'>,
  share: number,
): number {
  const validations = Math.max(1, Math.ceil((share * steps) / validateEvery - ROUNDING));
  return Math.min(steps, validations * validateEvery);
}
