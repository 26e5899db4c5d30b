// Whether the procedure keeps its promises, and whether these tests would see one that does not.
import { createRandom, type Random } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import { FAMILY_LEVEL, testArms } from './compare-arms.ts';
import { moments } from './moments.ts';
import { type Interval, pairedTTest } from './paired-t.ts';
import type { PairedSeeds } from './pairs.ts';
import { equalArms } from './statistics.fixture.ts';
import { studentTQuantile } from './student-t.ts';

const RUNS = 10_000;

/** Three standard deviations of a share that is estimated from 10,000 runs. */
const simulationError = (share: number): number => 3 * Math.sqrt((share * (1 - share)) / RUNS);

/** Shares of reports with a false verdict: with the correction, and had there been none. */
function falseVerdicts(name: string, { unequal }: { unequal: number }): { corrected: number; uncorrected: number } {
  const random = createRandom(6, name);
  let [corrected, uncorrected] = [0, 0];
  for (let run = 0; run < RUNS; run++) {
    const arms = equalArms(random, { arms: 8, seeds: 5 }).map((arm, i) => (i < unequal ? shifted(arm) : arm));
    const equal = testArms(arms, { better: 'lower' }).slice(unequal);
    if (equal.some(({ verdict }) => verdict !== 'no difference shown')) corrected++;
    if (equal.some(({ test }) => test!.p <= FAMILY_LEVEL)) uncorrected++;
  }
  return { corrected: corrected / RUNS, uncorrected: uncorrected / RUNS };
}

/** By far more than seeds do. */
const shifted = ({ pairs, planned }: PairedSeeds): PairedSeeds => ({
  pairs: pairs.map(({ baseline, own }) => ({ baseline, own: own + 3 })),
  planned,
});

describe.each([
  ['8 arms that equal their baseline', 0],
  ['4 such arms beside 4 that are far worse', 4],
])('10,000 reports of %s, 5 seeds each', (name, unequal) => {
  const shares = falseVerdicts(name, { unequal });

  it('have a false verdict in at most 5% of reports, up to the error of the simulation (0.65%)', () => {
    expect(shares.corrected).toBeLessThanOrEqual(FAMILY_LEVEL + simulationError(FAMILY_LEVEL));
    // Not because nothing is ever said: the arms share a baseline, so somewhat below 5%.
    expect(shares.corrected).toBeGreaterThan(0.02);
  });

  it('control: without a correction the same reports have one in more than 10%', () => {
    expect(shares.uncorrected).toBeGreaterThan(0.1);
  });
});

describe('10,000 intervals at 5 pairs of normal values', () => {
  const TRUE_DIFFERENCE = -0.03;
  const share = (
    interval: (own: number[], baseline: number[], random: Random) => Pick<Interval, 'low' | 'high'>,
    runs = RUNS,
  ): number => {
    const [random, resampling] = [createRandom(7, 'coverage'), createRandom(7, 'resampling')];
    let covered = 0;
    for (let run = 0; run < runs; run++) {
      const [{ pairs }] = equalArms(random, { arms: 1, seeds: 5 });
      const own = pairs.map((pair) => pair.own + TRUE_DIFFERENCE);
      const baseline = pairs.map((pair) => pair.baseline);
      const { low, high } = interval(own, baseline, resampling);
      if (low <= TRUE_DIFFERENCE && TRUE_DIFFERENCE <= high) covered++;
    }
    return covered / runs;
  };
  const differences = (own: number[], baseline: number[]) => own.map((value, i) => value - baseline[i]);

  it('cover the true difference in 94% to 96%', () => {
    const covered = share((own, baseline) => pairedTTest(differences(own, baseline)).interval);
    expect(Math.abs(covered - 0.95)).toBeLessThan(0.01);
  });

  it('control: percentile bootstrap intervals at 5 pairs do not', () => {
    const covered = share((own, baseline, random) => percentile(differences(own, baseline), random), RUNS / 10);
    // Some 82%: a thousand runs tell it from 94% by ten standard deviations.
    expect(covered).toBeLessThan(0.88);
  });

  it('control: intervals that forget the pairing do not, they are far too wide', () => {
    expect(share(unpaired)).toBeGreaterThan(0.99);
  });
});

/** The percentile bootstrap: quantiles of the means of 200 resamples. */
function percentile(values: readonly number[], random: Random): Pick<Interval, 'low' | 'high'> {
  const means = Array.from({ length: 200 }, () => {
    const sum = values.reduce((total) => total + values[random.integer(values.length)], 0);
    return sum / values.length;
  }).sort((a, b) => a - b);
  return { low: means[4], high: means[195] };
}

/** Student's two-sample interval, of equal variances. */
function unpaired(own: readonly number[], baseline: readonly number[]): Pick<Interval, 'low' | 'high'> {
  const [a, b] = [moments(own), moments(baseline)];
  const error = Math.hypot(a.standardDeviation, b.standardDeviation) / Math.sqrt(own.length);
  const reach = -studentTQuantile(0.025, 2 * own.length - 2) * error;
  return { low: a.mean - b.mean - reach, high: a.mean - b.mean + reach };
}
