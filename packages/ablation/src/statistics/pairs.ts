import type { Pair } from './effect-size.ts';

/** What one seed of an arm gave. */
export interface SeedValue {
  readonly seed: number;
  /** Undefined where the seed failed. */
  readonly value?: number;
}

/** An arm's seeds beside the baseline's. */
export interface PairedSeeds {
  /** Of the seeds for which both arms have a finite value. */
  readonly pairs: readonly Pair[];
  /** Seeds that both arms were to have. */
  readonly planned: number;
}

/** Pairs two arms by seed: a seed that failed, or gave no finite number, in either is left out of both. */
export function pairBySeed(baseline: readonly SeedValue[], own: readonly SeedValue[]): PairedSeeds {
  const ofSeed = new Map(baseline.map(({ seed, value }) => [seed, value]));
  const planned = own.filter(({ seed }) => ofSeed.has(seed));
  const pairs = planned.flatMap(({ seed, value: ownValue }) => {
    const value = ofSeed.get(seed);
    return isNumber(value) && isNumber(ownValue) ? [{ baseline: value, own: ownValue }] : [];
  });
  return { pairs, planned: planned.length };
}

/** What is larger is no measurement, and would overflow in an interval. */
const LARGEST = 1e150;

const isNumber = (value: number | undefined): value is number => value !== undefined && Math.abs(value) < LARGEST;
