import { expect, test } from 'vitest';
import { LevelChoice, type Outlook } from './level-choice.ts';

const outlook = (tokens: number[], seconds: number[], more: Partial<Outlook> = {}): Outlook => ({
  ...{ rows: 1, tokens, seconds, behind: seconds.map(() => 0), mostTokens: () => tokens, spread: () => 0, ...more },
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
  let step = 0;
  while (step < 4000) {
    const chosen = choice.next(hopeful);
    if (chosen.isTrial) tried.push(step);
    expect(chosen.levels).toBe(chosen.isTrial ? 1 : 0);
    choice.taken(chosen, chosen.steps, chosen.steps * hopeful.seconds[chosen.levels]);
    step += chosen.steps;
  }
  // A trial is of 8 steps.
  const gaps = tried.slice(1).map((start, index) => start - tried[index] - 8);
  expect(gaps.slice(0, 3)).toEqual([8, 16, 32]);
  expect(Math.max(...gaps)).toBeGreaterThanOrEqual(512);
  // Of the time after the first drafts, which are free, it lost no more than it may.
  expect(tried.length * 8 * 0.2).toBeLessThanOrEqual(0.01 * 4000 + 32);
});

test('a pick that lasts holds for longer and longer, whether or not there are trials, and a new one is thought over soon', () => {
  const [choice, steadfast] = [new LevelChoice(0.05), new LevelChoice(0)];
  const heldOf = (choice: LevelChoice, hopeful: Outlook) => {
    const held: number[] = [];
    for (let index = 0; index < 400; index++) {
      const chosen = choice.next(hopeful);
      if (!chosen.isTrial) held.push(chosen.steps);
      choice.taken(chosen, chosen.steps, chosen.steps * hopeful.seconds[chosen.levels]);
    }
    // Not beyond the trial to come: only what is left until then is shorter than what was held before.
    return [held[0], Math.max(...held)];
  };
  expect(heldOf(choice, outlook([1, 1.1], [1, 1.3], { mostTokens: () => [1, 1.9] }))).toEqual([4, 128]);
  expect(heldOf(steadfast, outlook([1, 1.1], [1, 1.3]))).toEqual([4, 128]);
  // Of the other number, from which something is learnt with every step.
  expect(heldOf(choice, outlook([1, 1.5, 1.6], [1, 1.3, 1.6], { mostTokens: () => [1, 1.5, 2.2] }))).toEqual([4, 32]);
});

test('what offsets have not read is paid for: spread over what a change lasts, and by the budget of trials', () => {
  const promising = { mostTokens: () => [1, 1.4] };
  // 128 tokens of 1.25 a step take 102 steps: beyond 20 of them nothing is left of a gain of a quarter.
  const pickOf = (behind: number) =>
    new LevelChoice(0).next(outlook([1, 1.25], [1, 1], { behind: [0, behind] })).levels;
  expect([pickOf(10), pickOf(40)]).toEqual([1, 0]);
  const trialAfter = (seconds: number, behind: number) => {
    const choice = new LevelChoice(0.01);
    const first = outlook([1, 1.2], [1, 1.25], { ...promising, behind: [0, 1] });
    for (let tried = false; !tried; ) {
      const chosen = choice.next(first);
      choice.taken(chosen, chosen.steps, chosen.steps * chosen.fairSeconds + (chosen.isTrial ? 30 : 0));
      tried = chosen.isTrial;
    }
    choice.taken({ levels: 0, steps: 1, isTrial: false, fairSeconds: 1 }, 1_000, seconds);
    return choice.next(outlook([1, 1.2], [1, 1.25], { ...promising, behind: [0, behind] })).isTrial;
  };
  // The first trial has lost 30 of the 33 that are free.
  expect(trialAfter(100, 0)).toBe(true);
  expect(trialAfter(100, 5)).toBe(false);
  expect(trialAfter(1_000, 5)).toBe(true);
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
    choice.taken(chosen, chosen.steps, chosen.steps);
    return chosen.levels;
  });
  expect(new Set(levels)).toEqual(new Set([0, 1]));
});

test('of several that could win, that is tried which promises most for what it may lose', () => {
  const more = { mostTokens: () => [1, 1.6, 3], behind: [0, 0, 10] };
  const choice = new LevelChoice(1);
  const tried: number[] = [];
  for (let index = 0; index < 200; index++) {
    const chosen = choice.next(outlook([1, 1.2, 1.3], [1, 1.3, 1.5], more));
    choice.taken(chosen, chosen.steps, chosen.steps);
    if (chosen.isTrial) tried.push(chosen.levels);
  }
  // Two levels could bring more, and have ten seconds to read first.
  expect(new Set(tried)).toEqual(new Set([1]));
});
