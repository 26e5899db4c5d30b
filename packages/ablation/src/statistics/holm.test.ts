import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holm } from './holm.ts';
import { KNOWN } from './statistics.fixture.ts';

const p = fc.double({ min: 0, max: 1, noNaN: true });

describe('holm', () => {
  it('is what statsmodels says', () => {
    for (const { p, adjusted } of KNOWN.holm) {
      for (const [i, value] of holm(p).entries()) expect(value).toBeCloseTo(adjusted[i], 14);
    }
  });

  it('by hand: .01, .04 and .03 become 3 x .01, then 2 x .03, and .04 may not fall below that', () => {
    expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
  });

  it('counts what was not tested as a comparison, and gives it no value', () => {
    expect(holm([0.01, undefined, undefined])).toEqual([0.03, undefined, undefined]);
    expect(holm([undefined, 0.02, undefined, 0.01])).toEqual([undefined, 0.06, undefined, 0.04]);
    expect(holm([undefined])).toEqual([undefined]);
    expect(holm([])).toEqual([]);
  });

  it('keeps order, never helps, lies between no correction and Bonferroni’s, and follows a permutation', () => {
    fc.assert(
      fc.property(fc.array(p, { minLength: 1, maxLength: 12 }), (values) => {
        const adjusted = holm(values) as number[];
        for (const [i, value] of values.entries()) {
          expect(adjusted[i]).toBeGreaterThanOrEqual(value);
          expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, values.length * value));
          for (const [j, other] of values.entries())
            if (value < other) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]);
        }
        expect(holm([...values].reverse())).toEqual([...adjusted].reverse());
      }),
    );
  });
});
