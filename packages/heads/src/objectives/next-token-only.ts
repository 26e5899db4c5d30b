import { type Dims, ForetokenError } from '@foretoken/core/plugin';

/**
 * Refuses a horizon that a head for training alone cannot draft for.
 *
 * @param instead - what to set instead, as a sentence
 * @throws OFFSET_UNSUPPORTED if the horizon is not 1
 */
export function refuseFurtherOffsets(name: string, { horizon }: Pick<Dims, 'horizon'>, instead: string): void {
  if (horizon === 1) return;
  throw new ForetokenError(
    'OFFSET_UNSUPPORTED',
    `head "${name}" predicts offset 1 alone: its horizon must be 1, was ${horizon}. ${instead}`,
  );
}
