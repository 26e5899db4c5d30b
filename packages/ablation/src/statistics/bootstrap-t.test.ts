import { describe, expect, it } from 'vitest';
import { bootstrapTInterval, LEAST_BOOTSTRAP_PAIRS } from './bootstrap-t.ts';
import { KNOWN } from './statistics.fixture.ts';

describe('bootstrapTInterval', () => {
  it('is the interval of two million resamples in numpy, to a fortieth of its width', () => {
    for (const { values, low, high } of KNOWN.bootstrap) {
      const found = bootstrapTInterval(values)!;
      expect(found.method).toBe('bootstrap-t');
      expect(Math.abs(found.low - low)).toBeLessThan((high - low) / 40);
      expect(Math.abs(found.high - high)).toBeLessThan((high - low) / 40);
    }
  });

  it('leans to the side of a skewed sample, which Student’s cannot', () => {
    const values = Array.from({ length: 30 }, (_, i) => (i / 29) ** 6);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const { low, high } = bootstrapTInterval(values)!;
    expect(high - mean).toBeGreaterThan(1.2 * (mean - low));
  });

  it('is refused below 30 pairs', () => {
    const [{ values }] = KNOWN.bootstrap;
    expect(values).toHaveLength(LEAST_BOOTSTRAP_PAIRS);
    expect(bootstrapTInterval(values.slice(1))).toBeUndefined();
  });

  it('is the same again, whatever the order, and follows the unit', () => {
    const [{ values }] = KNOWN.bootstrap;
    const plain = bootstrapTInterval(values)!;
    expect(bootstrapTInterval([...values].reverse())).toEqual(plain);
    const scaled = bootstrapTInterval(values.map((value) => value * 1024))!;
    expect(scaled.low).toBeCloseTo(plain.low * 1024, 9);
  });

  it('has no open end: nearly constant samples have none', () => {
    const spike = Array.from({ length: 30 }, (_, i) => (i === 0 ? 1 : 0));
    expect(bootstrapTInterval(spike)).toBeUndefined();
  });
});
