import { expect, it } from 'vitest';
import { createStanding } from './standing.ts';

const arms = ['base', 'a', 'b'];
const cells = arms.flatMap((arm) => [0, 1, 2].map((seed) => ({ id: `${arm}-${seed}`, arm, seed }))) as never;
const measured = (id: string, bits: number, unit?: string) => ({
  id,
  results: { 'bits-per-byte': { perOffset: [bits, 9], ...(unit && { unit }) } },
});

it('compares the pairs that are there, corrected for the arms that have none yet', () => {
  const standing = createStanding({ arms, cells });
  expect(standing.arms().map(({ seeds, mean, comparison }) => [seeds, mean, comparison?.pairs])).toEqual([
    [0, undefined, undefined],
    [0, undefined, 0],
    [0, undefined, 0],
  ]);
  for (const [seed, bits] of [2, 2.25, 2.5].entries()) standing.add(measured(`base-${seed}`, bits));
  standing.add(measured('a-0', 2.5));
  standing.add(measured('a-2', 2.9));
  const [base, early] = standing.arms();
  expect(base).toEqual({ arm: 'base', isBaseline: true, seeds: 3, plannedSeeds: 3, mean: 2.25 });
  expect(early).toMatchObject({ isBaseline: false, seeds: 2, plannedSeeds: 3 });
  expect(early.comparison).toMatchObject({ verdict: 'too few seeds', pairs: 2, plannedPairs: 3, comparisons: 2 });
  expect(early.comparison?.difference).toBeCloseTo(0.45, 12);

  standing.add(measured('a-1', 2.85));
  const [, { mean, comparison }] = standing.arms();
  expect(mean).toBeCloseTo(2.75, 12);
  // Differences .5, .6, .4: t = .5 / (.1 / sqrt 3) = sqrt 75, and with two degrees of freedom p = 1 - t / sqrt(t^2 + 2).
  const p = 1 - Math.sqrt(75 / 77);
  expect(comparison?.p).toBeCloseTo(p, 10);
  // By Holm's method the smallest of two: the other arm counts before it has a pair.
  expect(comparison?.adjustedP).toBeCloseTo(2 * p, 10);
  expect(comparison?.verdict).toBe('worse');
  expect(standing.value('a-1')).toBe(2.85);
  expect(standing.unit()).toBe('bits per byte');
});

it('takes no notice of cells of other plans, nor of a part without the metric', () => {
  const standing = createStanding({ arms, cells });
  standing.add(measured('elsewhere', 1));
  standing.add({ id: 'a-0', results: { throughput: {} } });
  expect(standing.arms().map(({ seeds }) => seeds)).toEqual([0, 0, 0]);
  standing.add(measured('a-0', 3, 'bits per token'));
  standing.add({ id: 'a-0', results: { throughput: {} } });
  expect(standing.value('a-0')).toBe(3);
  expect(standing.unit()).toBe('bits per token');
});

it('gives one cell to both arms that share it', () => {
  const shared = ['x', 'y'].map((arm) => ({ id: 'one', arm, seed: 0 })) as never;
  const standing = createStanding({ arms: ['x', 'y'], cells: shared });
  standing.add(measured('one', 2));
  expect(standing.arms()[1].comparison).toMatchObject({ pairs: 1, difference: 0 });
});
