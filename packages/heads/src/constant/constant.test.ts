import { describeWeightingContract } from '@foretoken/core/testing';
import { expect, test } from 'vitest';
import { expectRefused, makeWeighting, overRun } from '../training-plugins.fixture.ts';
import constant from './constant.ts';

describeWeightingContract(constant, 'constant', { weights: [1, 0.5], terms: { order: 0.5 } }, { ownTerms: ['order'] });

test('weights are those of the list in every step, the last one repeated', () => {
  const weighting = makeWeighting(constant, { weights: [1, 0.1] });
  expect(overRun(weighting, 3)).toEqual([
    [1, 0.1, 0.1],
    [1, 0.1, 0.1],
    [1, 0.1, 0.1],
  ]);
});

test('a head’s own terms weigh 1, or what they are given by name', () => {
  const terms = ['offset-1', 'offset-5', 'feature'];
  expect(overRun(makeWeighting(constant, { weights: [1, 0.5, 0.2] }), 1, terms)).toEqual([[1, 0.2, 1]]);
  const named = makeWeighting(constant, { weights: [1], terms: { feature: 0.1 } });
  expect(overRun(named, 1, terms)).toEqual([[1, 1, 0.1]]);
});

test('a list is required, of numbers >= 0', () => {
  expectRefused(constant, [
    {},
    { weights: [] },
    { weights: [1, -0.1] },
    { weights: [Number.NaN] },
    { weights: 1 },
    { weights: [1], terms: { feature: -1 } },
    { weights: [1], other: 2 },
  ]);
});
