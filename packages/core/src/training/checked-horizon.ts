import { ForetokenError } from '@foretoken/engine/errors';
import { said } from '../plugins/problems.ts';

/**
 * The horizon that a schedule gave for a step, if it is one.
 * @param full - the configured horizon
 * @returns an integer in 1..full
 * @throws HORIZON_INVALID naming the schedule and the step
 */
export function checkedHorizon(
  horizon: number,
  { name, full, step }: { readonly name: string; readonly full: number; readonly step: number },
): number {
  if (Number.isInteger(horizon) && horizon >= 1 && horizon <= full) return horizon;
  throw new ForetokenError(
    'HORIZON_INVALID',
    `horizon schedule "${name}": a horizon is an integer in 1..${full}, was ${said(horizon)} at step ${step}. Mend the schedule.`,
  );
}
