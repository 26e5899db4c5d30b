import { describe, expect, test } from 'vitest';
import builtIns from './built-ins.ts';
import fixed from './fixed/fixed.ts';
import { makeSchedule, makeWeighting, overRun, seen, TERMS } from './training-plugins.fixture.ts';
import uniform from './uniform/uniform.ts';

test('uniform gives every term the weight 1', () => {
  expect(overRun(makeWeighting(uniform), 2)).toEqual([
    [1, 1, 1],
    [1, 1, 1],
  ]);
});

test('fixed gives the configured horizon in every step', () => {
  expect(overRun(makeSchedule(fixed, {}, { horizon: 4 }), 3)).toEqual([4, 4, 4]);
});

/** Options that a plugin cannot do without. */
const required: Readonly<Record<string, Record<string, number[]>>> = { constant: { weights: [1, 0.5] } };
const steps = 12;
const shown = Array.from({ length: steps }, (_, i) =>
  seen([3 / (i + 1), 2, 0.5], { gradientNorms: [1 / (i + 1), 2, 0], acceptance: [1, 0.5, 0.2] }),
);
const moment = (step: number) => ({ step, steps });

describe.each(builtIns.provides.filter(({ kind }) => kind === 'weighting'))('weighting $name', (definition) => {
  const make = (horizon?: number) => makeWeighting(definition as never, required[definition.name], horizon);

  test('gives finite weights >= 0, one per term, in every step, the same from the same past', () => {
    const [a, b] = [make(), make()];
    let [left, right] = [a.start(TERMS), b.start(TERMS)];
    for (const [step, what] of shown.entries()) {
      const weights = a.now(left, moment(step));
      expect(weights).toHaveLength(3);
      for (const weight of weights) {
        expect(Number.isFinite(weight)).toBe(true);
        expect(weight).toBeGreaterThanOrEqual(0);
      }
      expect(b.now(right, moment(step))).toEqual(weights);
      left = a.learn?.(left, what, moment(step)) ?? left;
      right = JSON.parse(JSON.stringify(b.learn?.(right, what, moment(step)) ?? right));
    }
  });

  test('does not change the state it is given', () => {
    const weighting = make();
    const state = weighting.start(TERMS);
    const before = JSON.stringify(state);
    weighting.now(state, moment(3));
    weighting.learn?.(state, shown[0], moment(3));
    expect(JSON.stringify(state)).toBe(before);
  });

  test('gives offset 1 alone a weight above 0 at horizon 1', () => {
    const weighting = make(1);
    expect(weighting.now(weighting.start(['offset-1']), moment(steps - 1))[0]).toBeGreaterThan(0);
  });
});

describe.each(builtIns.provides.filter(({ kind }) => kind === 'horizon-schedule'))('schedule $name', (definition) => {
  test.each([1, 2, 3])('stays within 1..%i, at every step, whatever it is shown', (horizon) => {
    const schedule = makeSchedule(definition as never, {}, { horizon });
    let state = schedule.start(TERMS);
    for (const [step, what] of shown.entries()) {
      const now = schedule.now(state, moment(step));
      expect(Number.isInteger(now)).toBe(true);
      expect(now).toBeGreaterThanOrEqual(1);
      expect(now).toBeLessThanOrEqual(horizon);
      const before = JSON.stringify(state);
      const next = schedule.learn?.(state, what, moment(step)) ?? state;
      expect(JSON.stringify(state)).toBe(before);
      state = JSON.parse(JSON.stringify(next));
    }
  });
});
