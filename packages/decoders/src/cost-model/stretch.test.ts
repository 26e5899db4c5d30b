import { describe, expect, test } from 'vitest';
import { Stretch, type StretchStart } from './stretch.ts';

const start: StretchStart = {
  ...{ choice: undefined, levels: 2, steps: 3, rows: 2, most: 4, measured: 0.01, expected: 2 },
  ...{ mostFactor: 3, before: 2 },
};
const whole = { levels: 2, nodes: 2, tokens: 3 };

/** A step of two rows. */
function step(stretch: Stretch, ms: number, outcomes = [whole, whole], newcomers = 0) {
  stretch.begin(1_000);
  for (let row = 0; row < newcomers; row++) stretch.join();
  for (const outcome of outcomes) stretch.add(outcome, () => 1_000 + ms);
  stretch.end();
}

test('it goes on for its steps, while the batch and the levels that may be drafted stay as they are', () => {
  const stretch = new Stretch(start);
  for (let index = 0; index < 3; index++) {
    expect(stretch.goesOn(2, 4)).toBe(true);
    expect(stretch.goesOn(1, 4)).toBe(false);
    expect(stretch.goesOn(2, 3)).toBe(false);
    step(stretch, 20);
  }
  expect(stretch.goesOn(2, 4)).toBe(false);
  expect(stretch).toMatchObject({ steps: 3, tokens: 18, newcomers: 0, isWhole: true, isChain: true });
});

test('a step is over with its first outcome, and one that was held up counts for no more than the most', () => {
  const stretch = new Stretch(start);
  let now = 20;
  stretch.begin(0);
  expect(stretch.hasOutcomes).toBe(false);
  expect(stretch.add(whole, () => now)).toBe(1);
  expect(stretch.hasOutcomes).toBe(true);
  now = 1_000;
  expect(stretch.add(whole, () => now)).toBe(2);
  stretch.end();
  step(stretch, 500);
  expect(stretch.seconds).toBeCloseTo(0.52, 12);
  expect([stretch.timed, stretch.factors]).toEqual([2, 5]);
});

describe('what a step that has something to read takes beyond what was expected is apart', () => {
  test('the first one, where offsets are behind', () => {
    const stretch = new Stretch({ ...start, before: 1 });
    step(stretch, 50);
    step(stretch, 20);
    expect([stretch.timed, stretch.factors]).toEqual([1, 2]);
    expect(stretch.excess).toBeCloseTo(0.03, 12);
  });

  test('and any in which a row drafts for the first time', () => {
    const stretch = new Stretch(start);
    step(stretch, 20);
    step(stretch, 60, [whole, whole], 1);
    expect([stretch.timed, stretch.newcomers]).toEqual([1, 1]);
    expect(stretch.excess).toBeCloseTo(0.04, 12);
  });

  test('but not without levels: nothing is read for them', () => {
    const none = { levels: 0, nodes: 0, tokens: 1 };
    const stretch = new Stretch({ ...start, levels: 0, before: 0 });
    step(stretch, 30, [none, none], 2);
    expect(stretch).toMatchObject({ timed: 1, factors: 3, excess: 0 });
  });
});

test('a step in which a row drafted less tells of no time, and a node more of a tree', () => {
  const stretch = new Stretch(start);
  step(stretch, 10, [whole, { levels: 1, nodes: 1, tokens: 1 }]);
  expect(stretch).toMatchObject({ steps: 1, timed: 0, isWhole: false, isChain: true });
  step(stretch, 10, [whole, { levels: 2, nodes: 5, tokens: 1 }]);
  expect(stretch).toMatchObject({ steps: 2, timed: 1, isChain: false });
});

test('the first step after a change says nothing of those that follow', () => {
  const stretch = new Stretch({ ...start, before: 3 });
  step(stretch, 30);
  expect(stretch).toMatchObject({ steps: 1, seconds: 0.03, timed: 0, excess: 0 });
  step(stretch, 20);
  expect(stretch).toMatchObject({ steps: 2, timed: 1, factors: 2 });
});

test('a clock that is too coarse for a step, or nothing measured, tells nothing', () => {
  for (const [measured, ms] of [
    [0.01, 0],
    [undefined, 10],
  ] as const) {
    const stretch = new Stretch({ ...start, measured });
    step(stretch, ms);
    expect(stretch).toMatchObject({ steps: 1, timed: 0, factors: 0 });
  }
});

test('without levels eight steps are timed, and the rest counted as long as the batch stays as it is', () => {
  const none = { levels: 0, nodes: 0, tokens: 1 };
  const stretch = new Stretch({ ...start, levels: 0, before: 0, steps: 20 });
  for (let index = 0; index < 8; index++) {
    expect(stretch.isQuiet(2)).toBe(false);
    step(stretch, 10, [none, none]);
  }
  expect(stretch.isQuiet(2)).toBe(true);
  expect(stretch.isQuiet(1)).toBe(false);
  stretch.count();
  expect(stretch).toMatchObject({ steps: 8, tokens: 17 });
  stretch.count();
  expect(stretch).toMatchObject({ steps: 9, tokens: 18, timed: 8 });
  expect(stretch.seconds).toBeCloseTo(0.09, 12);
  for (let outcome = 0; outcome < 22; outcome++) stretch.count();
  expect(stretch.seconds).toBeCloseTo(0.2, 12);
  expect(stretch.isQuiet(2)).toBe(false);
  expect(stretch.goesOn(2, 4)).toBe(false);
});

test('with levels every step is timed', () => {
  const stretch = new Stretch({ ...start, steps: 20 });
  for (let index = 0; index < 20; index++) {
    step(stretch, 20);
    expect(stretch.isQuiet(2)).toBe(false);
  }
  expect(stretch.timed).toBe(20);
});
