import { createRandom } from '@foretoken/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noncentralTCdf, twoSidedPower } from './noncentral-t.ts';
import { normalCdf } from './normal.ts';
import { pairedTTest } from './paired-t.ts';
import { smallestStandardizedEffect } from './power.ts';
import { KNOWN, relativeError } from './statistics.fixture.ts';
import { studentTCdf, studentTQuantile } from './student-t.ts';

describe('normalCdf', () => {
  it('has the digits of its tails', () => {
    const errors = KNOWN.normal.map(([x, p]) => relativeError(normalCdf(x), p));
    expect(Math.max(...errors)).toBeLessThan(1e-12);
    expect([normalCdf(-100), normalCdf(100), normalCdf(Number.NaN)]).toEqual([0, 1, Number.NaN]);
  });
});

describe('the noncentral t distribution', () => {
  it('is what its definition gives at 25 digits, to 1e-11', () => {
    for (const [df, t, delta, p] of KNOWN.noncentral)
      expect(Math.abs(noncentralTCdf(t, df, delta) - p)).toBeLessThan(1e-11);
  });

  it('is Student’s where nothing is shifted', () => {
    const t = fc.double({ min: -20, max: 20, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), t, (df, t) => {
        expect(Math.abs(noncentralTCdf(t, df, 0) - studentTCdf(t, df))).toBeLessThan(1e-11);
      }),
      { numRuns: 50 },
    );
  });

  it('gives a test of no effect the power alpha', () => {
    for (const alpha of [0.05, 0.0005]) {
      expect(twoSidedPower(-studentTQuantile(alpha / 2, 4), 4, 0)).toBeCloseTo(alpha, 11);
    }
  });
});

describe('smallestStandardizedEffect', () => {
  it('is what statsmodels says, wherever that can be computed', () => {
    expect(KNOWN.smallestEffects.length).toBeGreaterThan(70);
    for (const { effect, ...size } of KNOWN.smallestEffects)
      expect(relativeError(smallestStandardizedEffect(size), effect)).toBeLessThan(1e-7);
  });

  it('shrinks with more pairs, grows with more comparisons, and is finite in the far corner', () => {
    const effects = [3, 4, 5, 10, 30, 300].map((pairs) => smallestStandardizedEffect({ pairs, alpha: 0.05 }));
    expect(effects).toEqual([...effects].sort((a, b) => b - a));
    const corrected = [1, 2, 10, 1000].map((m) => smallestStandardizedEffect({ pairs: 3, alpha: 0.05 / m }));
    expect(corrected).toEqual([...corrected].sort((a, b) => a - b));
    expect(corrected.every(Number.isFinite)).toBe(true);
  });

  it('is seen in 80 of 100 simulated tests, at 5 pairs and the level of 4 comparisons', () => {
    const [random, size] = [createRandom(1, 'power'), { pairs: 5, alpha: 0.05 / 4 }];
    const effect = smallestStandardizedEffect(size);
    let seen = 0;
    for (let i = 0; i < 10_000; i++) {
      const differences = Array.from({ length: size.pairs }, () => effect + random.normal());
      if (pairedTTest(differences).p <= size.alpha) seen++;
    }
    // Four standard deviations of a share of 10,000.
    expect(Math.abs(seen / 10_000 - 0.8)).toBeLessThan(4 * Math.sqrt((0.8 * 0.2) / 10_000));
  });
});
