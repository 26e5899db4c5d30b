import { describeWeightingContract } from '@foretoken/core/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drive, expectRefused, makeWeighting, seen } from '../training-plugins.fixture.ts';
import balancer from './balancer.ts';

describeWeightingContract(
  balancer,
  'balancer',
  { weights: [3, 1], decay: 0.5, terms: { order: 0.5 } },
  { ownTerms: ['order'] },
);

const two = ['offset-1', 'offset-2'];
const shown = (gradientNorms: readonly number[]) =>
  seen(
    gradientNorms.map(() => 1),
    { gradientNorms },
  );

test('goes by gradient norms', () => {
  expect(makeWeighting(balancer).needs).toBe('gradient-norms');
});

describe('by hand', () => {
  test('the first step weighs all alike, the second makes both gradients half of the whole length', () => {
    const [first, second] = drive(makeWeighting(balancer), [shown([3, 1])], { terms: two });
    expect(first).toEqual([1, 1]);
    // The unweighted lengths sum to 4: 2 each.
    expect(second).toEqual([2 / 3, 2]);
  });

  test('norms are averaged over the steps so far, the latest most', () => {
    const weights = drive(makeWeighting(balancer, { decay: 0.5, norm: 1 }), [shown([4, 1]), shown([1, 1])], {
      terms: two,
    });
    // (.5 * .5 * 4 + .5 * 1) / (.5 * .5 + .5) = 2: half a length over 2, and over 1.
    expect(weights[2][0]).toBeCloseTo(0.5 / 2, 12);
    expect(weights[2][1]).toBeCloseTo(0.5, 12);
  });

  test('shares are those of the list, and R their common length', () => {
    const weighting = makeWeighting(balancer, { weights: [3, 1], norm: 8 });
    const [, second] = drive(weighting, [shown([2, 4])], { terms: two });
    expect(second).toEqual([(8 * 0.75) / 2, (8 * 0.25) / 4]);
  });

  test('a head’s own terms have the share 1, or what they are given by name', () => {
    const options = { weights: [1], norm: 2, terms: { order: 3 } };
    const [, second] = drive(makeWeighting(balancer, options), [shown([1, 1])], { terms: ['offset-1', 'order'] });
    expect(second).toEqual([2 * 0.25, 2 * 0.75]);
  });
});

test('whatever the norms, weighted ones are in the ratio of the shares, and as long together as unweighted', () => {
  const positive = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(positive, fc.double({ min: 0.01, max: 10, noNaN: true })), { minLength: 1, maxLength: 5 }),
      (terms) => {
        const norms = terms.map(([norm]) => norm);
        const shares = terms.map(([, share]) => share);
        const names = terms.map((_, k) => `offset-${k + 1}`);
        const weighting = makeWeighting(balancer, { weights: shares });
        const weights = drive(weighting, [shown(norms), shown(norms), shown(norms)], { terms: names }).at(-1)!;
        const weighted = weights.map((weight, k) => weight * norms[k]);
        const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
        expect(total(weighted) / total(norms)).toBeCloseTo(1, 9);
        for (const [k, length] of weighted.entries()) {
          expect(length / total(weighted) / (shares[k] / total(shares))).toBeCloseTo(1, 9);
        }
      },
    ),
  );
});

describe('terms that sit out', () => {
  const alone = seen([1, 0], { gradientNorms: [3, 0], active: [true, false] });

  test('take no share: one term alone weighs 1', () => {
    expect(drive(makeWeighting(balancer), [alone, alone], { terms: two }).map(([first]) => first)).toEqual([1, 1, 1]);
  });

  test('start as if their gradient were as long as the others’', () => {
    const weights = drive(makeWeighting(balancer), [alone], { terms: two });
    expect(weights[1]).toEqual([1, 1]);
  });

  test('a share of 0 is one of them, in the first step too', () => {
    const steps = [alone, alone];
    const weights = drive(makeWeighting(balancer, { weights: [1, 0] }), steps, { terms: two });
    expect(weights).toEqual([
      [1, 0],
      [1, 0],
      [1, 0],
    ]);
  });
});

test('a term through which nothing flows keeps a finite weight', () => {
  const weights = drive(makeWeighting(balancer), [shown([2, 0])], { terms: two }).at(-1)!;
  expect(weights[1]).toBe(1);
  expect(weights[0]).toBe(1);
});

test('decay, norm and shares have their ranges', () => {
  expectRefused(balancer, [{ decay: 1 }, { decay: -0.1 }, { norm: 0 }, { weights: [-1] }, { weights: [] }]);
});
