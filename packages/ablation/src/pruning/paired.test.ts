import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { relativeError } from '../statistics/statistics.fixture.ts';
import { namedContestants } from './decisions.fixture.ts';
import { decisions, type RungLoss } from './decisions.ts';
import { pWorse } from './paired.ts';

/** What scipy's paired t test says; `fixtures/make-paired.py` writes it. */
interface Race {
  readonly alpha: number;
  /** [rung][arm, the baseline first][seed] */
  readonly bits: readonly (readonly (readonly number[])[])[];
  /** [rung][arm but the baseline] */
  readonly p: readonly (readonly number[])[];
  /** The rung that stops each arm but the baseline. */
  readonly stopped: readonly (number | null)[];
}

const races = JSON.parse(readFileSync(new URL('./fixtures/paired.json', import.meta.url), 'utf8')) as Race[];

it('has the p values of scipy’s paired t test, one-sided', () => {
  for (const { bits, p } of races) {
    for (const [rung, [baseline, ...others]] of bits.entries()) {
      for (const [arm, own] of others.entries()) {
        const pairs = own.map((value, seed) => ({ own: value, baseline: baseline[seed] }));
        expect(relativeError(pWorse(pairs)!, p[rung][arm])).toBeLessThan(1e-8);
      }
    }
  }
});

it('stops every arm at the very rung at which scipy’s p falls to alpha / (rungs x arms)', () => {
  const stops = races.flatMap(({ alpha, bits, stopped }) => {
    const contestants = namedContestants(bits[0].length, bits[0][0].length);
    const place = new Map(
      contestants.flatMap(({ trainings }, arm) => trainings.map((key, seed) => [key, [arm, seed]])),
    );
    const lossOf = (key: string, rung: number): RungLoss => {
      const [arm, seed] = place.get(key)!;
      return { step: rung, steps: 9, bits: bits[rung][arm][seed], dataHash: 'c0ffee' };
    };
    const rungs = bits.map((_, rung) => (rung + 1) / (bits.length + 1));
    const decided = decisions({ rule: 'paired', rungs, alpha }, contestants, lossOf);
    expect(decided[0]).toEqual({ kind: 'to its end' });
    const ours = decided.slice(1).map((one) => (one.kind === 'pruned' ? one.rung : null));
    expect(ours).toEqual(stopped);
    return ours;
  });
  // The cases are some of each kind.
  expect(new Set(stops)).toEqual(new Set([null, 0, 1, 2]));
});

const pairs = (...differences: number[]) => differences.map((difference) => ({ own: 2 + difference, baseline: 2 }));

it('tests nothing where nothing can be told: two seeds, the same difference for all, a loss that is not finite', () => {
  expect(pWorse(pairs(1, 1.1))).toBeUndefined();
  expect(pWorse(pairs(0.5, 0.5, 0.5, 0.5))).toBeUndefined();
  expect(pWorse(pairs(1, 1.1, Number.POSITIVE_INFINITY))).toBeUndefined();
  // By hand: mean 2, standard deviation 1, t = 2 x sqrt(3); of 2 degrees of freedom P(T > t) = (1 - t / sqrt(2 + t^2)) / 2.
  expect(pWorse(pairs(1, 2, 3))).toBeCloseTo((1 - Math.sqrt(12 / 14)) / 2, 12);
});
