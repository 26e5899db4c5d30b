import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Comparison, compareArms } from './compare-arms.ts';
import { smallestStandardizedEffect } from './power.ts';
import { KNOWN, relativeError, seedsOf } from './statistics.fixture.ts';

const lower = { better: 'lower' } as const;
const higher = { better: 'higher' } as const;
const one = (
  baseline: readonly (number | undefined)[],
  own: readonly (number | undefined)[],
  direction: typeof lower | typeof higher = lower,
) => compareArms(seedsOf(baseline), [seedsOf(own)], direction)[0];

const clear = { baseline: [3, 3.1, 3.2, 3.3, 3.4], own: [2.9, 3.01, 3.09, 3.21, 3.3] };

describe('compareArms', () => {
  it('says better or worse by what the metric wants', () => {
    expect(one(clear.baseline, clear.own).verdict).toBe('better');
    expect(one(clear.baseline, clear.own, higher).verdict).toBe('worse');
    expect(one(clear.own, clear.baseline).verdict).toBe('worse');
    expect(one(clear.own, clear.baseline, higher).verdict).toBe('better');
  });

  it('gives what scipy gives for the same pairs', () => {
    for (const known of KNOWN.paired) {
      const found = one(known.baseline, known.own);
      expect(relativeError(found.p!, known.p)).toBeLessThan(1e-9);
      expect(relativeError(found.interval!.low, known.low)).toBeLessThan(1e-9);
      expect(relativeError(found.effectSize!, known.hedgesGAv)).toBeLessThan(1e-9);
      expect(found.bootstrap?.method).toBe(known.own.length >= 30 ? 'bootstrap-t' : undefined);
    }
  });

  it('says no difference shown with what could have been seen', () => {
    const found = one([3, 3.1, 3.2, 3.3], [3.1, 3, 3.3, 3.2]);
    // Differences of .1, -.1, .1 and -.1 have a standard deviation of .2 / sqrt 3.
    const effect = smallestStandardizedEffect({ pairs: 4, alpha: 0.05 });
    expect(found).toMatchObject({ verdict: 'no difference shown', pairs: 4, plannedPairs: 4, comparisons: 1 });
    expect(found.smallestEffect).toBeCloseTo((effect * 0.2) / Math.sqrt(3), 10);
  });

  it('leaves out a seed that failed in either arm, or gave no finite number, and counts it', () => {
    const found = one(
      [...clear.baseline, undefined, 3, Number.NaN, 3],
      [...clear.own, 0, undefined, 0, Number.POSITIVE_INFINITY],
    );
    expect(found).toEqual({ ...one(clear.baseline, clear.own), plannedPairs: 9 });
  });

  it('pairs by seed, whatever the order, and never by seeds that only one arm has', () => {
    const seeds = seedsOf(clear.own).reverse();
    const baseline = [...seedsOf(clear.baseline), { seed: 77, value: 100 }];
    expect(compareArms(baseline, [seeds], lower)[0]).toEqual(one(clear.baseline, clear.own));
  });

  it('gives no verdict for less than three pairs, but the difference that there is', () => {
    for (const pairs of [1, 2]) {
      const found = one(clear.baseline.slice(0, pairs), clear.own.slice(0, pairs));
      expect(found).toMatchObject({ verdict: 'too few seeds', pairs });
      expect(found.difference).toBeLessThan(0);
      for (const key of ['interval', 'p', 'adjustedP', 'effectSize', 'smallestEffect'] as const)
        expect(found[key]).toBeUndefined();
    }
    expect(one([undefined, 3], [3, undefined])).toMatchObject({ verdict: 'too few seeds', pairs: 0, plannedPairs: 2 });
    expect(one([], [])).toMatchObject({ verdict: 'too few seeds', pairs: 0, difference: undefined });
  });

  it('calls arms that are equal for every seed equal, and does not divide by zero', () => {
    const found = one([3, 3.1, 3.2], [3, 3.1, 3.2]);
    expect(found).toMatchObject({ verdict: 'no difference shown', isWithoutSpread: true, difference: 0 });
    expect(numbersOf(found)).toEqual([3, 3, 0, 0]);
  });

  it('sees nothing in numbers that are too small to have digits', () => {
    expect(one([0, 0, 0], [5e-324, 5e-324, 0])).toMatchObject({ verdict: 'no difference shown', difference: 0 });
  });

  it('takes the same difference for every seed for one pair: seeds that change nothing show nothing', () => {
    for (const [baseline, own] of [
      [
        [3, 3, 3, 3],
        [2, 2, 2, 2],
      ],
      [
        [3.1, 3.2, 3.3],
        [2.8, 2.9, 3],
      ],
    ]) {
      const found = one(baseline, own);
      expect(found).toMatchObject({ verdict: 'too few seeds', isWithoutSpread: true });
      expect(found.adjustedP).toBeUndefined();
    }
  });

  it('corrects for every arm of the report, tested or not', () => {
    const arms = [clear.own, clear.own.slice(0, 1), []].map(seedsOf);
    const [alone] = compareArms(seedsOf(clear.baseline), [arms[0]], lower);
    const [first] = compareArms(seedsOf(clear.baseline), arms, lower);
    expect(first.p).toBe(alone.p);
    expect(first.adjustedP).toBeCloseTo(3 * alone.p!, 14);
    expect(first.smallestEffect).toBeGreaterThan(alone.smallestEffect!);
    expect(first.comparisons).toBe(3);
  });

  it('counts arms that share a training once, and those that share the baseline’s not at all', () => {
    const other = clear.own.map((value) => value - 1);
    const arms = [clear.own, clear.own, other, clear.baseline].map(seedsOf);
    const found = compareArms(seedsOf(clear.baseline), arms, lower);
    const two = compareArms(seedsOf(clear.baseline), [seedsOf(clear.own), seedsOf(other)], lower);
    expect(found.slice(0, 3)).toEqual([two[0], two[0], two[1]]);
    expect(found[0].comparisons).toBe(2);
    expect(found[3]).toMatchObject({ verdict: 'no difference shown', isWithoutSpread: true, adjustedP: undefined });
    const [same] = compareArms(seedsOf(clear.baseline), [seedsOf(clear.baseline)], lower);
    expect(same).toMatchObject({ verdict: 'no difference shown', comparisons: 0 });
  });

  it('never says anything that is not finite, nor a verdict without a p value, whatever it is given', () => {
    const value = fc.oneof(fc.double(), fc.constantFrom(undefined, 0, -0, 3, 1e308, -1e308, 5e-324, Number.NaN));
    const values = fc.array(value, { maxLength: 8 });
    fc.assert(
      fc.property(values, fc.array(values, { maxLength: 4 }), (baseline, arms) => {
        for (const found of compareArms(seedsOf(baseline), arms.map(seedsOf), lower)) {
          for (const number of numbersOf(found)) expect(number).toBeTypeOf('number');
          for (const number of numbersOf(found)) expect(Number.isFinite(number)).toBe(true);
          if (found.verdict === 'better' || found.verdict === 'worse')
            expect(found.adjustedP).toBeLessThanOrEqual(0.05);
          if (found.pairs < 3) expect(found.verdict).toBe('too few seeds');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('does not know the unit, a shift of both arms, or the order of seeds', () => {
    const values = fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(values, values, fc.integer({ min: -8, max: 8 }), (baseline, own, power) => {
        const plain = one(baseline, own);
        const change = (list: number[]) => list.map((value) => (value + 1024) * 2 ** power).reverse();
        const changed = one(change(baseline), change(own));
        expect(changed.verdict).toBe(plain.verdict);
        expect(changed.isWithoutSpread).toBe(plain.isWithoutSpread);
        if (plain.p !== undefined) expect(changed.p).toBeCloseTo(plain.p, 10);
        if (plain.smallestEffect)
          expect(relativeError(changed.smallestEffect!, plain.smallestEffect * 2 ** power)).toBeLessThan(1e-9);
      }),
      { numRuns: 50 },
    );
  });
});

/** Every number of a comparison; what is absent is not one. */
function numbersOf(comparison: Comparison): unknown[] {
  const { verdict: _, isWithoutSpread: __, interval, bootstrap, ...rest } = comparison;
  const ends = [interval, bootstrap].flatMap((one) => (one ? [one.low, one.high] : []));
  return [...Object.values(rest), ...ends].filter((value) => value !== undefined);
}
