import { describeHorizonScheduleContract, describeWeightingContract } from '@foretoken/core/testing';
import { expect, test } from 'vitest';
import fixed from './fixed/fixed.ts';
import { makeSchedule, makeWeighting, overRun } from './training-plugins.fixture.ts';
import uniform from './uniform/uniform.ts';

describeWeightingContract(uniform, 'uniform');
describeHorizonScheduleContract(fixed, 'fixed');

test('uniform gives every term the weight 1', () => {
  expect(overRun(makeWeighting(uniform), 2)).toEqual([
    [1, 1, 1],
    [1, 1, 1],
  ]);
});

test('fixed gives the configured horizon in every step', () => {
  expect(overRun(makeSchedule(fixed, {}, { horizon: 4 }), 3)).toEqual([4, 4, 4]);
});
