import { expect, test } from 'vitest';
import { LevelChoice, type Outlook } from './level-choice.ts';

const outlook = (tokens: number[], seconds: number[], more: Partial<Outlook> = {}): Outlook => ({
  ...{ rows: 1, tokens, seconds, mostTokens: () => tokens, spread: () => 0, ...more },
});

test('it picks the most tokens per second, the fewest levels of equals, and one token where nothing is better', () => {
  expect(new LevelChoice(0).next(outlook([1, 1.8, 2.4], [1, 1.5, 2.1])).levels).toBe(1); // 1, 1.2, 1.14
  expect(new LevelChoice(0).next(outlook([1, 1.1, 1.2], [1, 1.5, 2])).levels).toBe(0);
  expect(new LevelChoice(0).next(outlook([1, 2, 3], [1, 2, 3])).levels).toBe(0);
});

test('the pick stays until another is better by three in a hundred', () => {
  const choice = new LevelChoice(0);
  expect(choice.next(outlook([1, 1.5], [1, 1.2])).levels).toBe(1);
  expect(choice.next(outlook([1, 1.5], [1, 1.53])).levels).toBe(1);
  expect(choice.next(outlook([1, 1.5], [1, 1.55])).levels).toBe(0);
  expect(choice.next(outlook([1, 1.5], [1, 1.47])).levels).toBe(0);
});

test('a trial is of what may yet win, is not deeper than that, and comes at gaps that double', () => {
  const choice = new LevelChoice(0.01);
  const hopeful = outlook([1, 1.1, 1.2], [1, 1.3, 1.6], { mostTokens: () => [1, 1.9, 2] });
  const tried: number[] = [];
  for (let step = 0; step < 4000; step++) {
    const chosen = choice.next(hopeful);
    if (chosen.isTrial) tried.push(step);
    expect(chosen.levels).toBe(chosen.isTrial ? 1 : 0);
    choice.taken(chosen, hopeful.seconds[chosen.levels]);
  }
  const starts = tried.filter((step, index) => step !== tried[index - 1] + 1);
  const gaps = starts.slice(1).map((step, index) => step - starts[index]);
  expect(gaps.slice(0, 3)).toEqual([16, 24, 40]);
  expect(Math.max(...gaps)).toBeGreaterThanOrEqual(512);
  // Of the time after the first drafts, which are free, it lost no more than it may.
  expect(tried.length * 0.2).toBeLessThanOrEqual(0.01 * 4000 + 32);
});

test('what cannot win is never tried, whatever it would cost', () => {
  const choice = new LevelChoice(1);
  const hopeless = outlook([1, 1.1], [1, 1.3], { mostTokens: () => [1, 1.3] });
  for (let step = 0; step < 1000; step++) expect(choice.next(hopeless).isTrial).toBe(false);
});

test('uncertain times are a reason to try, of fewer levels too', () => {
  const choice = new LevelChoice(0.05);
  const uncertain = outlook([1, 1.5], [1, 1.4], { spread: (levels, other) => (levels === other ? 0 : 0.2) });
  const levels = Array.from({ length: 100 }, () => {
    const chosen = choice.next(uncertain);
    choice.taken(chosen, 1);
    return chosen.levels;
  });
  expect(new Set(levels)).toEqual(new Set([0, 1]));
});
