import { describeWeightingContract } from '@foretoken/core/testing';
import { expect, test } from 'vitest';
import { expectRefused, makeWeighting, overRun } from '../training-plugins.fixture.ts';
import decay from './decay.ts';

describeWeightingContract(decay, 'decay', { terms: { order: 0.5 } }, { ownTerms: ['order'] });

test('each offset weighs beta times the one before', () => {
  // FastMTP's beta .6 over its three steps, offsets 2 to 4 there, is [.51, .31, .18] where they are divided by their sum.
  const [weights] = overRun(makeWeighting(decay), 1);
  expect(weights).toEqual([1, 0.6, 0.36]);
  const sum = weights.reduce((a, b) => a + b, 0);
  expect(weights.map((weight) => Number((weight / sum).toFixed(2)))).toEqual([0.51, 0.31, 0.18]);
});

test('gaps between offsets count, and a head’s own terms weigh 1 unless named', () => {
  const terms = ['offset-1', 'offset-3', 'order'];
  expect(overRun(makeWeighting(decay, { beta: 0.5 }), 1, terms)).toEqual([[1, 0.25, 1]]);
  expect(overRun(makeWeighting(decay, { beta: 0.5, terms: { order: 0 } }), 1, terms)).toEqual([[1, 0.25, 0]]);
});

test('beta 1 weighs all alike, beta 0 the next token alone', () => {
  expect(overRun(makeWeighting(decay, { beta: 1 }), 1)).toEqual([[1, 1, 1]]);
  expect(overRun(makeWeighting(decay, { beta: 0 }), 1)).toEqual([[1, 0, 0]]);
});

test('beta is a number in 0..1', () => {
  expectRefused(decay, [{ beta: 1.1 }, { beta: -0.1 }, { beta: Number.NaN }, { beta: '0.5' }]);
});
