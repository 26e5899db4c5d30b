import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { permutation } from './permutation.ts';

const vectors = JSON.parse(readFileSync(new URL('./fixtures/random-vectors.json', import.meta.url), 'utf8'));

interface Vector {
  readonly size: number;
  readonly seed: number;
  readonly name: string;
  readonly places: number[];
  readonly values: number[];
}

describe('a permutation', () => {
  it.each(vectors.permutations as Vector[])(
    'of $size, "$name", is what an independent implementation gives',
    (vector) => {
      const at = permutation(vector.size, vector.seed, vector.name);
      expect(vector.places.map(at)).toEqual(vector.values);
    },
  );

  it('holds every value exactly once, whatever the size, seed and name', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.maxSafeInteger(), fc.string(), (size, seed, name) => {
        const at = permutation(size, seed, name);
        const values = Array.from({ length: size }, (_, place) => at(place)).sort((a, b) => a - b);
        expect(values).toEqual(Array.from({ length: size }, (_, value) => value));
      }),
      { numRuns: 60 },
    );
  });

  it('puts each value at each place equally often over names: chi-square', () => {
    const size = 6;
    const numNames = 12_000;
    const counts = new Float64Array(size * size);
    for (let name = 0; name < numNames; name++) {
      const at = permutation(size, 1, String(name));
      for (let place = 0; place < size; place++) counts[place * size + at(place)] += 1;
    }
    const expected = numNames / size;
    const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // A doubly constrained table has (6 - 1)^2 degrees of freedom; scipy.stats.chi2.isf(1e-6, 25).
    expect(statistic).toBeLessThan(73.89);
  });

  it('leaves neighbours no nearer to one another than strangers', () => {
    const size = 1000;
    const at = permutation(size, 2, 'distance');
    const distances = Array.from({ length: size - 1 }, (_, place) => Math.abs(at(place + 1) - at(place)));
    const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
    // Two random values of [0, n) are n/3 apart, with standard deviation n/sqrt(18).
    expect(Math.abs(mean - size / 3)).toBeLessThan((5 * size) / Math.sqrt(18 * size));
  });

  it.each([0, -1, 1.5, 2 ** 52 + 1])('refuses the size %s', (size) => {
    expect(() => permutation(size, 0, 'x')).toThrow(RangeError);
  });

  it.each([-1, 10, 0.5])('refuses the place %s of ten', (place) => {
    expect(() => permutation(10, 0, 'x')(place)).toThrow(RangeError);
  });
});
