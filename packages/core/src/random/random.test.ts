import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RandomState } from '../contracts/random.ts';
import { createRandom, restoreRandom } from './random.ts';

interface Vector {
  readonly seed: number;
  readonly name: string;
  readonly state: RandomState;
  readonly uniform: number[];
  readonly normal: number[];
  readonly integer: number[];
}
const vectors = JSON.parse(readFileSync(new URL('./fixtures/random-vectors.json', import.meta.url), 'utf8'));
const repeat = <T>(count: number, draw: () => T) => Array.from({ length: count }, draw);

/** Chi-square statistic of counts against equal expectations. */
function chiSquare(counts: ArrayLike<number>): number {
  const all = Array.from(counts);
  const expected = all.reduce((sum, count) => sum + count, 0) / all.length;
  return all.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('a stream of random numbers', () => {
  it('is xoshiro128** as published', () => {
    const { state, uniform, after } = vectors.published;
    const random = restoreRandom(state);
    expect(repeat(3, random.uniform)).toEqual(uniform);
    expect(random.state()).toEqual(after);
  });

  it.each(vectors.streams as Vector[])(
    'of ($seed, "$name") gives what an independent implementation gives',
    (stream) => {
      const { seed, name, state, uniform, normal, integer } = stream;
      expect(createRandom(seed, name).state()).toEqual(state);
      const uniforms = createRandom(seed, name);
      expect(repeat(5, uniforms.uniform)).toEqual(uniform);
      const normals = createRandom(seed, name);
      for (const expected of normal) expect(normals.normal()).toBeCloseTo(expected, 12);
      const integers = createRandom(seed, name);
      expect([2, 10, 1000, 2 ** 32, 2 ** 53 - 1].map(integers.integer)).toEqual(integer);
    },
  );

  it('goes on from its state as if never stopped, in the middle of any kind of draw', () => {
    const random = createRandom(3, 'a');
    repeat(7, random.normal);
    const resumed = restoreRandom(JSON.parse(JSON.stringify(random.state())));
    const draws = (stream: typeof random) => repeat(20, () => [stream.normal(), stream.uniform(), stream.integer(7)]);
    expect(draws(resumed)).toEqual(draws(random));
  });

  it('is not moved by another stream of the same seed', () => {
    const alone = createRandom(1, 'trunk');
    const beside = createRandom(1, 'trunk');
    const other = createRandom(1, 'head');
    const interleaved = repeat(50, () => {
      other.uniform();
      return beside.uniform();
    });
    expect(interleaved).toEqual(repeat(50, alone.uniform));
    expect(repeat(50, other.uniform)).not.toEqual(interleaved);
  });

  it('is uniform in [0, 1): chi-square over 256 bins of both its high and its low bits', () => {
    const random = createRandom(5, 'uniformity');
    const high = new Float64Array(256);
    const low = new Float64Array(256);
    let isInside = true;
    for (let draw = 0; draw < 256_000; draw++) {
      const value = random.uniform();
      isInside &&= value >= 0 && value < 1;
      high[Math.floor(value * 256)] += 1;
      low[(value * 2 ** 53) % 256] += 1;
    }
    expect(isInside).toBe(true);
    // Quantile 1 - 1e-6 of chi-square with 255 degrees of freedom (scipy.stats.chi2.isf(1e-6, 255)).
    expect(chiSquare(high)).toBeLessThan(377.07);
    expect(chiSquare(low)).toBeLessThan(377.07);
  });

  it('gives every integer below a bound that is no power of two equally often', () => {
    const random = createRandom(6, 'integers');
    const counts = new Float64Array(7);
    for (let draw = 0; draw < 70_000; draw++) counts[random.integer(7)] += 1;
    // scipy.stats.chi2.isf(1e-6, 6)
    expect(chiSquare(counts)).toBeLessThan(38.26);
  });

  it('has no remainder bias where the bound is a large share of the range', () => {
    // Of 3 * 2^51, values below 2^51 would come twice as often if draws were taken modulo the bound.
    const random = createRandom(7, 'rejection');
    const draws = repeat(30_000, () => random.integer(3 * 2 ** 51));
    const share = draws.filter((value) => value < 2 ** 51).length / draws.length;
    expect(Math.abs(share - 1 / 3)).toBeLessThan(5 * Math.sqrt(2 / 9 / draws.length));
  });

  it('has normal numbers of mean 0 and variance 1, with normal tails', () => {
    const random = createRandom(8, 'normal');
    const draws = repeat(100_000, random.normal);
    const mean = (f: (x: number) => number) => draws.reduce((sum, x) => sum + f(x), 0) / draws.length;
    // Five standard errors of each: sqrt(1/n), sqrt(2/n), sqrt(96/n), sqrt(p(1-p)/n).
    expect(Math.abs(mean((x) => x))).toBeLessThan(5 * Math.sqrt(1 / draws.length));
    expect(Math.abs(mean((x) => x * x) - 1)).toBeLessThan(5 * Math.sqrt(2 / draws.length));
    expect(Math.abs(mean((x) => x ** 4) - 3)).toBeLessThan(5 * Math.sqrt(96 / draws.length));
    expect(Math.abs(mean((x) => (Math.abs(x) > 1.959964 ? 1 : 0)) - 0.05)).toBeLessThan(
      5 * Math.sqrt(0.0475 / draws.length),
    );
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 53])('refuses integer(%s)', (below) => {
    expect(() => createRandom(0, 'x').integer(below)).toThrow(RangeError);
  });

  it.each([0.5, Number.NaN, 2 ** 53])('refuses the seed %s', (seed) => {
    expect(() => createRandom(seed, 'x')).toThrow(RangeError);
  });

  it.each([[[0, 0, 0, 0]], [[1, 2, 3]], [[1, 2, 3, 2 ** 32]], [[1, 2, 3, -1]], ['1234'], [null]])(
    'refuses the state %j by code',
    (state) => {
      expect(() => restoreRandom(state as never as RandomState)).toThrow(/^FILE_CORRUPT: a random state/);
    },
  );
});
