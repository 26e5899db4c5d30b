import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halfGammaRatio } from './gamma-ratio.ts';
import { KNOWN, relativeError } from './statistics.fixture.ts';
import { studentTCdf, studentTQuantile, studentTTail } from './student-t.ts';

const df = fc.integer({ min: 1, max: 2000 });
const t = fc.double({ min: -50, max: 50, noNaN: true });

describe('Student’s t', () => {
  it('has the tails of 40 digits, down to 1e-290, to a relative error of 1e-11', () => {
    const worst = Math.max(...KNOWN.tTails.map(([df, t, p]) => relativeError(studentTTail(t, df), p)));
    expect(KNOWN.tTails.length).toBeGreaterThan(140);
    expect(worst).toBeLessThan(1e-11);
  });

  it('has the quantiles of 40 digits to a relative error of 1e-11, on both sides', () => {
    const errors = KNOWN.tQuantiles.map(([df, p, t]) => relativeError(-studentTQuantile(p, df), t));
    expect(Math.max(...errors)).toBeLessThan(1e-11);
    for (const [df, p, t] of KNOWN.tQuantiles.filter(([, p]) => p > 1e-4)) {
      expect(relativeError(studentTQuantile(1 - p, df), t)).toBeLessThan(1e-10);
    }
  });

  it('with one degree of freedom is Cauchy’s, with two an algebraic function', () => {
    for (const x of [0.001, 0.5, 3, 1e5]) {
      expect(relativeError(studentTTail(x, 1), Math.atan(1 / x) / Math.PI)).toBeLessThan(1e-12);
      const root = Math.sqrt(2 + x * x);
      expect(relativeError(studentTTail(x, 2), 1 / (root * (root + x)))).toBeLessThan(1e-12);
    }
  });

  it('is symmetric, rises, and its quantile undoes it', () => {
    fc.assert(
      fc.property(df, t, t, (df, a, b) => {
        expect(studentTCdf(a, df) + studentTCdf(-a, df)).toBeCloseTo(1, 14);
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(studentTCdf(low, df)).toBeLessThanOrEqual(studentTCdf(high, df) + 1e-15);
        const lower = studentTCdf(-Math.abs(a), df);
        if (lower > 1e-300 && lower < 0.4)
          expect(relativeError(studentTQuantile(lower, df), -Math.abs(a))).toBeLessThan(1e-9);
      }),
    );
  });

  it('is said at its ends, and NaN is not made up', () => {
    const { POSITIVE_INFINITY: infinity, NaN: none } = Number;
    expect([studentTTail(0, 3), studentTTail(infinity, 3), studentTTail(-infinity, 3)]).toEqual([0.5, 0, 1]);
    expect(studentTTail(1e200, 3)).toBe(0);
    expect(relativeError(studentTTail(1e200, 1), 1e-200 / Math.PI)).toBeLessThan(1e-12);
    expect([0, 0.5, 1].map((p) => studentTQuantile(p, 3))).toEqual([-infinity, 0, infinity]);
    expect(relativeError(studentTQuantile(1e-300, 1), -1e300 / Math.PI)).toBeLessThan(1e-12);
    expect([studentTTail(none, 3), studentTQuantile(none, 3), studentTQuantile(1.5, 3)]).toEqual([none, none, none]);
  });
});

describe('halfGammaRatio', () => {
  it('has 14 digits, and keeps the recurrence of the gamma function', () => {
    const errors = KNOWN.gammaRatios.map(([a, ratio]) => relativeError(halfGammaRatio(a), ratio));
    expect(Math.max(...errors)).toBeLessThan(2e-14);
    expect(halfGammaRatio(0.5)).toBeCloseTo(1 / Math.sqrt(Math.PI), 14);
  });
});
