import { describeWeightingContract } from '@foretoken/core/testing';
import { expect, test } from 'vitest';
import { expectRefused, makeWeighting, overRun } from '../training-plugins.fixture.ts';
import anneal from './anneal.ts';

describeWeightingContract(anneal, 'anneal', { share: 0.5, terms: { order: 0.5 } }, { ownTerms: ['order'] });

test('[1, .5, .25] falls to [1] on straight lines over the run', () => {
  expect(overRun(makeWeighting(anneal), 5)).toEqual([
    [1, 0.5, 0.25],
    [1, 0.4, 0.2],
    [1, 0.5 * (1 - 2 / 5), 0.25 * (1 - 2 / 5)],
    [1, 0.5 * (1 - 3 / 5), 0.25 * (1 - 3 / 5)],
    [1, 0.5 * (1 - 4 / 5), 0.25 * (1 - 4 / 5)],
  ]);
});

test('after its share of the run only offset 1 is left, with the weight it started with', () => {
  const weights = overRun(makeWeighting(anneal, { weights: [2, 1], share: 0.5 }), 8);
  expect(weights[0]).toEqual([2, 1, 1]);
  expect(weights[2]).toEqual([2, 0.5, 0.5]);
  expect(weights.slice(4)).toEqual([
    [2, 0, 0],
    [2, 0, 0],
    [2, 0, 0],
    [2, 0, 0],
  ]);
});

test('a head’s own terms keep their weight', () => {
  const weights = overRun(makeWeighting(anneal, { share: 0.1 }), 10, ['offset-1', 'offset-2', 'order']);
  expect(weights.at(-1)).toEqual([1, 0, 1]);
});

test('the share is above 0 and at most 1, the weights >= 0', () => {
  expectRefused(anneal, [{ share: 0 }, { share: 1.5 }, { weights: [] }, { weights: [1, -1] }]);
});
