import type { Experiment } from '../config/experiment.ts';

/**
 * Learning rate of a step: linear warm-up, then a cosine down to `finalLearningRate` times the peak.
 *
 * @param step - steps finished before this one, from 0
 * @source Gloeckle et al. 2024, arXiv:2404.19737, table S13
 */
export function learningRateAt(
  step: number,
  {
    steps,
    warmupSteps,
    learningRate,
    finalLearningRate,
  }: Pick<Experiment['training'], 'steps' | 'warmupSteps' | 'learningRate' | 'finalLearningRate'>,
): number {
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  const decaySteps = Math.max(1, steps - warmupSteps);
  const progress = Math.min(1, (step - warmupSteps) / decaySteps);
  const cosine = (1 + Math.cos(Math.PI * progress)) / 2;
  return learningRate * (finalLearningRate + (1 - finalLearningRate) * cosine);
}
