import { describe, expect, it } from 'vitest';
import { createRandom } from '../random/random.ts';
import { scoredWindow } from '../testing/scored-window.ts';
import { controlResult, controlShift, randomPredictions, shiftedPredictions } from './controls.ts';
import { labelMatch, matchRates } from './label-match.ts';

const options = { offsets: [1, 2, 3], maxOffset: 3 };

/** Windows of independent tokens in which every offset predicts the text itself. */
function perfectWindows(count: number, vocabulary: number) {
  const random = createRandom(1, 'text');
  return Array.from({ length: count }, () => {
    const tokens = Array.from({ length: 259 }, () => random.integer(vocabulary));
    return scoredWindow(tokens, { predicted: [1, 2, 3].map((offset) => tokens.slice(offset, offset + 256)) });
  });
}

describe('controls', () => {
  it('bring a model that is always right down to chance when its targets are shifted', () => {
    const windows = perfectWindows(40, 8);
    expect(matchRates(windows, options)).toEqual([1, 1, 1]);
    expect(labelMatch(windows, options).tokensPerForward).toBe(3);
    const shifted = controlResult(shiftedPredictions(windows, controlShift(windows)), options);
    // 10,240 positions at p = 1/8: a standard deviation of 0.0033.
    for (const [k, rate] of shifted.rates.entries()) {
      expect(Math.abs(rate! - 1 / 8)).toBeLessThan(0.017);
      expect(shifted.chance[k]).toBeCloseTo(1 / 8, 2);
    }
    expect(shifted.tokensPerForward).toBeLessThan(1.2);
  });

  it('find chance from the frequencies of both sides', () => {
    // Predictions: 0 three times, 1 once. Text of offset 1: 0 0 1 2. Chance: 3/4 * 2/4 + 1/4 * 1/4.
    const window = scoredWindow([5, 0, 0, 1, 2], { predicted: [[0, 0, 1, 0]] });
    expect(controlResult([window], { offsets: [1], maxOffset: 1 }).chance).toEqual([7 / 16]);
  });

  it('shift within the window and wrap around', () => {
    const window = scoredWindow([0, 1, 2, 3, 4, 5], { predicted: [[10, 11, 12, 13]] });
    expect([...shiftedPredictions([window], 1)[0].predicted[0]]).toEqual([11, 12, 13, 10]);
    expect(controlShift([window])).toBe(2);
    expect(controlShift([])).toBe(0);
  });

  it('match a random head at one in the vocabulary', () => {
    const random = randomPredictions(perfectWindows(40, 8), 16, createRandom(2, 'head'));
    for (const rate of matchRates(random, options)) expect(Math.abs(rate! - 1 / 16)).toBeLessThan(0.013);
  });
});
