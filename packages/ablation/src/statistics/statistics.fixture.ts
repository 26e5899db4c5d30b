import { readFileSync } from 'node:fs';
import type { Random } from '@foretoken/core';
import type { PairedSeeds } from './pairs.ts';

/** What scipy, statsmodels and mpmath say; `fixtures/make-statistics.py` writes it. */
export interface Known {
  /** [df, t, P(T > t)]. */
  readonly tTails: readonly (readonly [number, number, number])[];
  /** [df, p, the t that is exceeded with probability p]. */
  readonly tQuantiles: readonly (readonly [number, number, number])[];
  /** [x, P(Z <= x)]. */
  readonly normal: readonly (readonly [number, number])[];
  /** [a, Gamma(a + 1/2) / Gamma(a)]. */
  readonly gammaRatios: readonly (readonly [number, number])[];
  /** [df, t, noncentrality, P(T <= t)]. */
  readonly noncentral: readonly (readonly [number, number, number, number])[];
  readonly smallestEffects: readonly { pairs: number; alpha: number; power: number; effect: number }[];
  readonly paired: readonly {
    readonly baseline: readonly number[];
    readonly own: readonly number[];
    readonly t: number;
    readonly p: number;
    readonly low: number;
    readonly high: number;
    readonly hedgesGAv: number;
  }[];
  readonly holm: readonly { readonly p: number[]; readonly adjusted: number[] }[];
  readonly bootstrap: readonly { readonly values: number[]; readonly low: number; readonly high: number }[];
}

export const KNOWN: Known = JSON.parse(
  readFileSync(new URL('./fixtures/statistics.json', import.meta.url), 'utf8'),
) as Known;

/** |a - b| / |b|; the plain difference where b is 0. */
export const relativeError = (a: number, b: number): number => Math.abs(a - b) / (Math.abs(b) || 1);

/** Seeds as a bare list of values, numbered from 0. */
export const seedsOf = (values: readonly (number | undefined)[]) => values.map((value, seed) => ({ seed, value }));

/**
 * Arms without any true difference, each `noise` away from a baseline that they share; seeds move all of them together.
 * @returns pairs of every arm with the baseline
 */
export function equalArms(random: Random, { arms, seeds }: { arms: number; seeds: number }): PairedSeeds[] {
  const seedEffect = Array.from({ length: seeds }, () => 3 + 0.2 * random.normal());
  const values = () => seedEffect.map((effect) => effect + 0.05 * random.normal());
  const baseline = values();
  return Array.from({ length: arms }, () => ({
    pairs: values().map((own, i) => ({ baseline: baseline[i], own })),
    planned: seeds,
  }));
}
