import { describeWeightingContract } from '@foretoken/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drive, expectRefused, makeWeighting, seen } from '../training-plugins.fixture.ts';
import uncertainty from './uncertainty.ts';

describeWeightingContract(uncertainty, 'uncertainty');

const repeated = (count: number, losses: readonly number[]) => Array.from({ length: count }, () => seen(losses));

test('the first steps are gradient descent, by hand', () => {
  const terms = ['offset-1', 'order'];
  const [first, second, third] = drive(makeWeighting(uncertainty, { rate: 0.1 }), repeated(2, [3, 0.5]), { terms });
  expect(first).toEqual([1, 1]);
  // s = 0 - .1 (1 - L): .2 and -.05.
  expect(second).toEqual([Math.exp(-0.2), Math.exp(0.05)]);
  const step = (s: number, loss: number) => s - 0.1 * (1 - Math.exp(-s) * loss);
  expect(third[0]).toBeCloseTo(Math.exp(-step(0.2, 3)), 12);
  expect(third[1]).toBeCloseTo(Math.exp(-step(-0.05, 0.5)), 12);
});

test('a step goes down the objective sum of exp(-s) L + s, by central differences', () => {
  const rate = 1e-3;
  const loss = 2.7;
  const weights = drive(makeWeighting(uncertainty, { rate }), repeated(3, [loss]), { terms: ['offset-1'] });
  const s = weights.map(([weight]) => -Math.log(weight));
  const objective = (at: number) => Math.exp(-at) * loss + at;
  for (const i of [0, 1, 2]) {
    const slope = (objective(s[i] + 1e-5) - objective(s[i] - 1e-5)) / 2e-5;
    expect((s[i] - s[i + 1]) / rate).toBeCloseTo(slope, 4);
  }
});

test('whatever the losses, weights settle at their inverses', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.05, max: 20, noNaN: true }), { minLength: 1, maxLength: 5 }), (losses) => {
      const terms = losses.map((_, k) => `offset-${k + 1}`);
      const weights = drive(makeWeighting(uncertainty, { rate: 0.2 }), repeated(400, losses), { terms }).at(-1)!;
      for (const [k, loss] of losses.entries()) expect(weights[k] * loss).toBeCloseTo(1, 6);
    }),
    { numRuns: 25 },
  );
});

test('a term that sits out keeps its weight', () => {
  const weighting = makeWeighting(uncertainty, { rate: 0.1 });
  const steps = [seen([2, 5, 5]), seen([2, 5, 5], { active: [true, false, false] })];
  const [, second, third] = drive(weighting, steps);
  expect(third.slice(1)).toEqual(second.slice(1));
  expect(third[0]).not.toBe(second[0]);
});

test('a loss of 0, or a huge one, gives no unbounded weight', () => {
  const weights = drive(makeWeighting(uncertainty, { rate: 1 }), repeated(50, [0, 1e30]), { terms: ['a', 'b'] }).at(
    -1,
  )!;
  expect(weights[0]).toBe(Math.exp(10));
  expect(weights[1]).toBeGreaterThanOrEqual(Math.exp(-10));
  expect(weights[1]).toBeLessThan(1e-3);
});

test('the rate is above 0 and at most 1', () => {
  expectRefused(uncertainty, [{ rate: 0 }, { rate: -0.1 }, { rate: 1.5 }, { rate: Number.NaN }]);
});
