import { expect, test } from 'vitest';
import fixed from './fixed/fixed.ts';
import uniform from './uniform/uniform.ts';

const at = { step: 0, steps: 10 };

test('uniform gives every term the weight 1', () => {
  const weighting = uniform.create({ horizon: 3 }, {});
  const state = weighting.start(['offset-1', 'offset-2', 'offset-3']);
  expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  expect(weighting.now(state, at)).toEqual([1, 1, 1]);
});

test('fixed gives the configured horizon in every step', () => {
  const schedule = fixed.create({ horizon: 4 }, {});
  const state = schedule.start([]);
  for (const step of [0, 5, 9]) expect(schedule.now(state, { step, steps: 10 })).toBe(4);
});
