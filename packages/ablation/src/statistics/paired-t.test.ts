import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hedgesGAv } from './effect-size.ts';
import { moments } from './moments.ts';
import { pairedTTest } from './paired-t.ts';
import { KNOWN, relativeError } from './statistics.fixture.ts';

const pairsOf = ({ baseline, own }: (typeof KNOWN.paired)[number]) =>
  own.map((value, i) => ({ own: value, baseline: baseline[i] }));
const differencesOf = (known: (typeof KNOWN.paired)[number]) =>
  pairsOf(known).map(({ own, baseline }) => own - baseline);

describe('pairedTTest', () => {
  it('is what scipy says: t, p and the 95% interval', () => {
    for (const known of KNOWN.paired) {
      const { t, p, interval, degreesOfFreedom } = pairedTTest(differencesOf(known));
      expect(degreesOfFreedom).toBe(known.own.length - 1);
      expect(relativeError(t, known.t)).toBeLessThan(1e-9);
      expect(relativeError(p, known.p)).toBeLessThan(1e-9);
      expect(relativeError(interval.low, known.low)).toBeLessThan(1e-9);
      expect(relativeError(interval.high, known.high)).toBeLessThan(1e-9);
    }
  });

  it('by hand: 1, 2 and 3 have t = 2 / (1 / sqrt 3), p = .0742 and an interval of 2 -+ 4.3027 / sqrt 3', () => {
    const { t, p, interval } = pairedTTest([1, 2, 3]);
    expect(t).toBeCloseTo(2 * Math.sqrt(3), 14);
    // With two degrees of freedom p = 1 - t / sqrt(2 + t^2).
    expect(p).toBeCloseTo(1 - Math.sqrt(12 / 14), 14);
    // And its quantile is (2p - 1) / sqrt(2p (1 - p)).
    expect(interval.high - 2).toBeCloseTo(0.95 / Math.sqrt(1.95 * 0.025) / Math.sqrt(3), 12);
  });

  it('does not know the order, the unit, or the sign of a difference', () => {
    const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 3, maxLength: 20 });
    fc.assert(
      fc.property(values, fc.integer({ min: -40, max: 40 }), (values, power) => {
        fc.pre(new Set(values).size > 1);
        const [unit, plain] = [2 ** power, pairedTTest(values)];
        expect(pairedTTest([...values].reverse())).toEqual(plain);
        const scaled = pairedTTest(values.map((value) => -value * unit));
        expect(scaled.p).toBeCloseTo(plain.p, 12);
        expect(relativeError(scaled.interval.low, -plain.interval.high * unit)).toBeLessThan(1e-9);
      }),
    );
  });
});

describe('hedgesGAv', () => {
  it('is what its formula gives in numpy, with scipy’s gamma function', () => {
    for (const known of KNOWN.paired)
      expect(relativeError(hedgesGAv(pairsOf(known))!, known.hedgesGAv)).toBeLessThan(1e-9);
  });

  it('by hand: two thirds of a unit spread at three pairs keep the factor 1 / sqrt(pi) of two degrees of freedom', () => {
    const pairs = [1, 2, 3].map((value) => ({ baseline: value, own: value + 2 / 3 }));
    // Gamma(1) / (sqrt(1) Gamma(1/2)) = 1 / sqrt(pi).
    expect(hedgesGAv(pairs)).toBeCloseTo(2 / 3 / Math.sqrt(Math.PI), 14);
  });

  it('is left out where no arm varies', () => {
    expect(hedgesGAv([1, 1, 1].map((baseline) => ({ baseline, own: 2 })))).toBeUndefined();
  });
});

describe('moments', () => {
  it('survive values whose squares are too large or too small for a number', () => {
    for (const unit of [1e300, 1e-300]) {
      const { mean, standardDeviation } = moments([unit, 3 * unit, 2 * unit]);
      expect(mean / unit).toBeCloseTo(2, 12);
      expect(standardDeviation / unit).toBeCloseTo(1, 12);
    }
    expect(moments([0, 0])).toEqual({ mean: 0, standardDeviation: 0 });
  });
});
