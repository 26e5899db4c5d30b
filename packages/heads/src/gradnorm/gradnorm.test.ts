import { describeWeightingContract } from '@foretoken/core/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drive, expectRefused, makeWeighting, seen } from '../training-plugins.fixture.ts';
import gradnorm from './gradnorm.ts';

describeWeightingContract(gradnorm, 'gradnorm');

const two = ['offset-1', 'offset-2'];
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

test('goes by gradient norms', () => {
  expect(makeWeighting(gradnorm).needs).toBe('gradient-norms');
});

describe('a step, by hand', () => {
  test('takes weight from the longer gradient while no term has learnt yet', () => {
    const weighting = makeWeighting(gradnorm, { rate: 0.1 });
    const [first, second] = drive(weighting, [seen([5, 6], { gradientNorms: [3, 1] })], { terms: two });
    expect(first).toEqual([1, 1]);
    // Norms 3 and 1 around their mean 2, all of both losses left: 1 - .1 3/2 = .85 and 1 + .1 1/2 = 1.05, mean .95.
    expect(second[0]).toBeCloseTo(0.85 / 0.95, 12);
    expect(second[1]).toBeCloseTo(1.05 / 0.95, 12);
  });

  test('wants a longer gradient of the term that has learnt less', () => {
    const weighting = makeWeighting(gradnorm, { rate: 0.1, alpha: 1 });
    const steps = [
      seen([4, 4], { gradientNorms: [1, 1] }),
      // Left: 1/4 and 3/4, over their mean 1/2: .5 and 1.5. Wanted norms .5 and 1.5, and both are 1.
      seen([1, 3], { gradientNorms: [1, 1] }),
    ];
    const weights = drive(weighting, steps, { terms: two });
    expect(weights[1]).toEqual([1, 1]);
    expect(weights[2][0]).toBeCloseTo(0.9, 12);
    expect(weights[2][1]).toBeCloseTo(1.1, 12);
  });

  test('wants that as strongly as alpha says', () => {
    const weighting = makeWeighting(gradnorm, { rate: 0.1, alpha: 0.5 });
    const steps = [seen([4, 4], { gradientNorms: [1, 1] }), seen([1, 3], { gradientNorms: [0.7, 1.3] })];
    const weights = drive(weighting, steps, { terms: two });
    // Wanted: the roots of .5 and 1.5, .707 and 1.225 (at alpha 1 .5 and 1.5, the other way): 1.07 and .87, mean .97.
    expect(weights[2][0]).toBeCloseTo(1.07 / 0.97, 12);
    expect(weights[2][1]).toBeCloseTo(0.87 / 0.97, 12);
  });

  test('goes down the paper’s loss over the mean norm, by central differences', () => {
    const [norms, rate, alpha] = [[3, 1, 0.5], 1e-4, 0.5];
    const steps = [seen([4, 4, 4], { gradientNorms: [1, 1, 1] }), seen([1, 2, 3], { gradientNorms: norms })];
    const [, before, after] = drive(makeWeighting(gradnorm, { rate, alpha }), steps);
    const left = [1, 2, 3].map((loss) => loss / 4);
    const meanNorm = mean(before.map((weight, k) => weight * norms[k]));
    const wanted = left.map((share) => meanNorm * (share / mean(left)) ** alpha);
    const objective = (weights: readonly number[]) =>
      weights.reduce((sum, weight, k) => sum + Math.abs(weight * norms[k] - wanted[k]), 0) / meanNorm;
    const stepped = before.map((weight, k) => {
      const moved = (by: number) => objective(before.map((other, j) => (j === k ? other + by : other)));
      return weight - (rate * (moved(1e-6) - moved(-1e-6))) / 2e-6;
    });
    for (const k of [0, 1, 2]) expect(after[k]).toBeCloseTo(stepped[k] / mean(stepped), 8);
  });
});

test('with alpha 0 the weighted norms become equal, whatever they were', () => {
  const norm = fc.double({ min: 0.5, max: 2, noNaN: true });
  fc.assert(
    fc.property(fc.array(norm, { minLength: 2, maxLength: 4 }), (norms) => {
      const weighting = makeWeighting(gradnorm, { rate: 5e-3, alpha: 0 });
      let state = weighting.start(norms.map((_, k) => `offset-${k + 1}`));
      const at = { step: 0, steps: 1 };
      for (let i = 0; i < 1000; i++) state = weighting.learn!(state, seen(norms, { gradientNorms: norms }), at);
      const weights = weighting.now(state, at);
      const weighted = weights.map((weight, k) => weight * norms[k]);
      // A step of fixed length ends in a band around the goal: rate G_k / mean, times G_k.
      for (const length of weighted) expect(Math.abs(length / mean(weighted) - 1)).toBeLessThan(0.1);
      expect(mean(weights)).toBeCloseTo(1, 9);
    }),
  );
});

test('terms that sit out keep their weight, and the others’ mean stays 1', () => {
  const active = [true, true, false];
  const steps = [seen([4, 4, 0], { gradientNorms: [3, 1, 0], active })];
  const [, weights] = drive(makeWeighting(gradnorm), steps);
  expect(weights[2]).toBe(1);
  expect(mean(weights.slice(0, 2))).toBeCloseTo(1, 12);
  expect(weights[0]).toBeLessThan(weights[1]);
});

test('a term’s first loss is that of the first step it takes part in', () => {
  const late = seen([2, 8], { gradientNorms: [1, 1] });
  const steps = [seen([2, 0], { gradientNorms: [1, 0], active: [true, false] }), late, late];
  // Nothing is learnt in any of them: all weights stay 1.
  expect(drive(makeWeighting(gradnorm), steps, { terms: two }).at(-1)).toEqual([1, 1]);
});

test.each([
  ['one term', [3], [2]],
  ['no gradient at all', [3, 3], [0, 0]],
  ['a loss of 0 from the start', [0, 0], [1, 1]],
])('%s keeps the weights at 1', (_, losses, gradientNorms) => {
  const terms = losses.map((_loss, k) => `offset-${k + 1}`);
  const steps = [seen(losses, { gradientNorms }), seen(losses, { gradientNorms })];
  expect(drive(makeWeighting(gradnorm), steps, { terms }).at(-1)).toEqual(losses.map(() => 1));
});

test('a weight never reaches 0, where a term would sit out for good', () => {
  const steps = Array.from({ length: 50 }, () => seen([1, 1], { gradientNorms: [1000, 1] }));
  for (const weights of drive(makeWeighting(gradnorm, { rate: 1 }), steps, { terms: two })) {
    for (const weight of weights) expect(weight).toBeGreaterThanOrEqual(1e-3);
  }
});

test('rate and alpha have their ranges', () => {
  expectRefused(gradnorm, [{ rate: 0 }, { rate: 2 }, { alpha: -1 }, { alpha: 11 }, { alpha: Number.NaN }]);
});
