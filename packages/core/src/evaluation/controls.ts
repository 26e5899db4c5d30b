// K offsets of the model, T positions of a window.
import type { WindowScores } from '../contracts/evaluation.ts';
import type { Random } from '../contracts/random.ts';
import { eligiblePositions, type LabelMatchOptions, labelMatch, matchRates } from './label-match.ts';

/** A label match that must come out near chance, or the real one is wrong. Arrays follow the model's offsets. */
export type ControlResult = {
  /** Share of positions where the control's prediction equals the text; null without positions. */
  readonly rates: readonly (number | null)[];
  /** The share expected of predictions that know nothing of their place: sum over tokens of p(predicted) p(text). */
  readonly chance: readonly (number | null)[];
  readonly tokensPerForward: number;
};

/**
 * Label match of a control.
 * @param windows - windows whose predictions a control replaced
 */
export function controlResult(windows: readonly WindowScores[], options: LabelMatchOptions): ControlResult {
  return {
    rates: matchRates(windows, options),
    chance: chanceRates(windows, options),
    tokensPerForward: labelMatch(windows, options).tokensPerForward,
  };
}

/**
 * Shifted targets: every position is given the predictions made `shift` positions later in its window, wrapping around.
 *
 * The predictions keep their distribution and lose their place, so a rate far above chance means that targets and
 * predictions are misaligned somewhere, or that the text repeats with this period.
 */
export function shiftedPredictions(windows: readonly WindowScores[], shift: number): readonly WindowScores[] {
  return windows.map((window) => ({
    ...window,
    predicted: window.predicted.map((ids) => ids.map((_, t) => ids[(t + shift) % ids.length])),
  }));
}

/** A random head: predictions drawn uniformly from the vocabulary. Its rate must be near 1 / vocabulary. */
export function randomPredictions(
  windows: readonly WindowScores[],
  vocabulary: number,
  random: Random,
): readonly WindowScores[] {
  return windows.map((window) => ({
    ...window,
    predicted: window.predicted.map((ids) => ids.map(() => random.integer(vocabulary))),
  }));
}

/** Half a window: as far from its place as a prediction can be moved. */
export function controlShift(windows: readonly WindowScores[]): number {
  return Math.floor((windows[0]?.predicted[0]?.length ?? 0) / 2);
}

/** Expected match of independent draws from the predictions' and the text's frequencies, per offset. */
function chanceRates(windows: readonly WindowScores[], options: LabelMatchOptions): readonly (number | null)[] {
  return options.offsets.map((offset, k) => {
    const predicted = new Map<number, number>();
    const text = new Map<number, number>();
    let positions = 0;
    for (const window of windows) {
      for (const t of eligiblePositions(window, options)) {
        increment(predicted, window.predicted[k][t]);
        increment(text, window.tokens[t + offset]);
        positions++;
      }
    }
    if (positions === 0) return null;
    let products = 0;
    for (const [token, count] of predicted) products += count * (text.get(token) ?? 0);
    return products / positions ** 2;
  });
}

function increment(counts: Map<number, number>, token: number): void {
  counts.set(token, (counts.get(token) ?? 0) + 1);
}
