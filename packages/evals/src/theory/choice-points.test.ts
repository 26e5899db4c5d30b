import { describe, expect, it, test } from 'vitest';
import { choicePointWeight, lossTerms, transitionWeights } from './choice-points.ts';

/** Counting, then one of two alphabets: figure 9 of the paper, long enough for any horizon here. */
const before = Array.from({ length: 20 }, (_, i) => `${i}`);
const latin = [...before, ...'ABCDEFGHIJKL'];
const greek = [...before, ...'αβγδεζηθικλμ'];
const CHOICE = before.length - 1;

describe('the terms of the n-token loss', () => {
  it('are n per position but for the end, where targets are missing', () => {
    expect(lossTerms(4, 2)).toEqual([
      { position: 0, offset: 1 },
      { position: 0, offset: 2 },
      { position: 1, offset: 1 },
      { position: 1, offset: 2 },
      { position: 2, offset: 1 },
    ]);
  });

  test.each([1, 2, 3, 4, 5, 8])(
    'weigh a choice point n(n+1)/2 and a transition without consequences n, at n = %i',
    (n) => {
      const weights = transitionWeights([latin, greek], 0, n);
      const far = CHOICE - n;
      expect(weights[CHOICE]).toBe((n * (n + 1)) / 2);
      expect(choicePointWeight(n)).toBe(weights[CHOICE]);
      expect(weights[far]).toBe(n);
      expect(weights[CHOICE + 1]).toBe(n);
      expect(weights[CHOICE] / weights[far]).toBe((n + 1) / 2);
    },
  );

  it('are those marked by hand for n = 3', () => {
    // Read up to 5, 4, 3: the choice decides what comes 1..3, 2..3 and 3 tokens on.
    const short = [...'12345ABCDE'];
    const other = [...'12345VWXYZ'];
    expect(transitionWeights([short, other], 0, 3)).toEqual([1, 2, 3, 3, 6, 3, 3, 3, 3]);
  });

  it('weigh a transition n where both ways look alike again at once', () => {
    const straight = [...'123456A78901234'];
    const detour = [...'123456B78901234'];
    // What follows the choice does not depend on it: it is no choice point in the paper's sense.
    expect(transitionWeights([straight, detour], 0, 4)[5]).toBe(4);
  });

  it('are counted the same whichever way was taken', () => {
    expect(transitionWeights([latin, greek], 1, 4)).toEqual(transitionWeights([latin, greek], 0, 4));
  });

  it('count what a second choice decides beside what the first one did', () => {
    // 0 then a or b; after a, then c or d, and what follows repeats both.
    const all = ['0ac11', '0ad22', '0bc33', '0bd44'].map((one) => [...one]);
    // The first letter bears on itself and, halving the four digits, on both of them, from token 0: 3. The second one on
    // itself and, deciding the digit, on both of them, from tokens 0 and 1: 6. The digits bear on themselves alone.
    expect(transitionWeights(all, 0, 4)).toEqual([3, 6, 3, 4]);
  });
});
