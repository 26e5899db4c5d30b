import { describeWeightingContract } from '@foretoken/core/testing';
import { describe, expect, test } from 'vitest';
import { expectRefused, makeWeighting, overRun } from '../training-plugins.fixture.ts';
import schedule from './schedule.ts';

describeWeightingContract(schedule, 'schedule', { terms: { order: 0.5 } }, { ownTerms: ['order'] });

const further = (weights: readonly (readonly number[])[]) => weights.map(([, second]) => Number(second.toFixed(12)));

describe('one weight for all further offsets', () => {
  test('goes from .3 to .1 on a straight line by default; offset 1 weighs 1', () => {
    const weights = overRun(makeWeighting(schedule), 4);
    expect(further(weights)).toEqual([0.3, 0.25, 0.2, 0.15]);
    for (const [first, second, third] of weights) {
      expect(first).toBe(1);
      expect(third).toBe(second);
    }
  });

  test('holds between points where asked to, from the step that reaches a point', () => {
    const points = [
      { at: 0, weight: 0.3 },
      { at: 0.5, weight: 0.1 },
    ];
    expect(further(overRun(makeWeighting(schedule, { points, between: 'hold' }), 4))).toEqual([0.3, 0.3, 0.1, 0.1]);
  });

  test('holds before the first point and after the last', () => {
    const points = [
      { at: 0.25, weight: 1 },
      { at: 0.5, weight: 3 },
    ];
    // Shares 0, 1/8, 2/8, ...; between 2/8 and 4/8 from 1 to 3.
    expect(further(overRun(makeWeighting(schedule, { points }), 8))).toEqual([1, 1, 1, 2, 3, 3, 3, 3]);
  });
});

test('a head’s own terms do not take part in it', () => {
  const weighting = makeWeighting(schedule, { terms: { feature: 0.5 } });
  expect(overRun(weighting, 2, ['offset-1', 'feature']).map(([, own]) => own)).toEqual([0.5, 0.5]);
});

test('points ascend in 0..1 and weights are >= 0', () => {
  const points = [
    { at: 0.5, weight: 0.3 },
    { at: 0.5, weight: 0.1 },
  ];
  expect(() => makeWeighting(schedule, { points })).toThrow(
    /OPTIONS_INVALID: weighting "schedule": points must ascend, and points.1.at is 0.5 after 0.5/,
  );
  expectRefused(schedule, [
    { points: [] },
    { points: [{ at: 1.5, weight: 1 }] },
    { points: [{ at: 0, weight: -1 }] },
    { points: [{ at: 0 }] },
    { between: 'cubic' },
  ]);
});
