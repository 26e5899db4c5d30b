import { ForetokenError } from '@foretoken/engine/errors';

/**
 * The weights that a weighting gave for a step, if they are such.
 * @param numTerms - how many loss terms there are
 * @returns finite numbers >= 0, one per term
 * @throws WEIGHTS_INVALID naming the weighting and the step
 */
export function checkedWeights(
  weights: readonly number[],
  { name, numTerms, step }: { readonly name: string; readonly numTerms: number; readonly step: number },
): readonly number[] {
  const isWeight = (weight: number) => Number.isFinite(weight) && weight >= 0;
  if (weights.length === numTerms && weights.every(isWeight)) return weights;
  throw new ForetokenError(
    'WEIGHTS_INVALID',
    `weighting "${name}": weights must be ${numTerms} finite numbers >= 0, were [${weights}] at step ${step}.`,
  );
}
