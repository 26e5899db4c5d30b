import type { OffsetLosses, WindowScores } from '../contracts/evaluation.ts';

/**
 * Adds the scores of windows up.
 * @param offsets - of the model; the arrays of every window follow them
 */
export function totalLosses(offsets: readonly number[], windows: readonly WindowScores[]): OffsetLosses {
  const total = (part: (window: WindowScores) => readonly number[]) =>
    offsets.map((_, k) => windows.reduce((sum, window) => sum + part(window)[k], 0));
  const scored = total((window) => window.scored);
  const sumNats = total((window) => window.sumNats);
  return {
    offsets,
    targets: total((window) => window.targets),
    scored,
    meanNats: sumNats.map((sum, k) => (scored[k] > 0 ? sum / scored[k] : 0)),
    matches: total((window) => window.predicted.map((ids, k) => countMatches(window, ids, offsets[k]))),
    windows,
  };
}

function countMatches({ tokens, document }: WindowScores, predicted: Int32Array, offset: number): number {
  let matches = 0;
  for (let t = 0; t < predicted.length; t++) {
    if (document[t + offset] === document[t] && predicted[t] === tokens[t + offset]) matches++;
  }
  return matches;
}
