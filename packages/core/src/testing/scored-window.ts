import type { WindowScores } from '../contracts/evaluation.ts';

/** A scored window for tests of what is counted over predictions; its losses are zeros. */
export function scoredWindow(
  tokens: readonly number[],
  { document, predicted }: { document?: readonly number[]; predicted: readonly (readonly number[])[] },
): WindowScores {
  return {
    window: 0,
    tokens: Int32Array.from(tokens),
    document: Int32Array.from(document ?? tokens.map(() => 0)),
    targets: predicted.map((ids) => ids.length),
    scored: predicted.map((ids) => ids.length),
    sumNats: predicted.map(() => 0),
    nats: predicted.map((ids) => new Float32Array(ids.length)),
    predicted: predicted.map((ids) => Int32Array.from(ids)),
  };
}
