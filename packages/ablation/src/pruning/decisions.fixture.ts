import type { Contestant } from './contestants.ts';
import type { Arrival } from './decisions.ts';

/** Arms `0` (the baseline), `1`, ... whose trainings are called `arm/seed`. */
export function namedContestants(arms: number, seeds: number): Contestant[] {
  return Array.from({ length: arms }, (_, arm) => ({
    arms: [String(arm)],
    trainings: Array.from({ length: seeds }, (_, seed) => `${arm}/${seed}`),
    isBaseline: arm === 0,
  }));
}

/** Bits as a table: by arm, then by rung, then by seed; null for a training that failed there, undefined for one on its way. */
export type Table = readonly (readonly (readonly (number | null | undefined)[])[])[];

/** A table as arrivals; each training is at step 10 x rung of 100. */
export function arrivalsOf(table: Table): (training: string, rung: number) => Arrival {
  return (training, rung) => {
    const [arm, seed] = training.split('/').map(Number);
    const bits = table[arm][rung]?.[seed];
    return bits === null
      ? 'failed'
      : bits === undefined
        ? undefined
        : { step: 10 * (rung + 1), steps: 100, bits, dataHash: 'c0ffee' };
  };
}
