// K offsets of the model, T positions of a window.
import type { WindowScores } from '../contracts/evaluation.ts';
import { type AcceptanceStatistics, acceptanceStatistics, type VerifiedForward } from './acceptance-statistics.ts';

/** What the label match of a model is counted over. */
export interface LabelMatchOptions {
  /** Offsets of the model, ascending from 1: they name the rows of `predicted`. */
  readonly offsets: readonly number[];
  /** Largest offset of any arm: a forward counts only where the text goes on that far, so that all arms end alike. */
  readonly maxOffset: number;
}

/**
 * Label-match acceptance: self-speculative decoding of a model that always emits the held-out text.
 *
 * A walk over each document's part of each window. At position t the token x_{t+1} is the bonus: the text's own,
 * whatever offset 1 says. The drafts are the first choices of offsets 2, 3, ... after t, and count as accepted while
 * they equal x_{t+2}, x_{t+3}, ...; the walk goes on behind the bonus token and the accepted drafts, as decoding would.
 * A model that repeats itself gains nothing, because the text does not repeat with it. Heads that read tokens ahead
 * are exact here too: a draft counts only while all tokens before it are the text's, the ones they read.
 *
 * @returns statistics whose `tokensPerForward` is the label-match tokens per forward; exactly 1 for one offset
 * @source ours; the idea of counting against labels: Megatron-Core's `mtp_i_acceptance_rate`
 */
export function labelMatch(windows: readonly WindowScores[], options: LabelMatchOptions): AcceptanceStatistics {
  return acceptanceStatistics(walk(windows, options), draftLevels(options.offsets));
}

/** Levels of a chain of drafts: offsets 2, 3, ... as far as they follow each other without a gap. */
export function draftLevels(offsets: readonly number[]): number {
  let levels = 0;
  while (offsets[levels + 1] === levels + 2) levels++;
  return levels;
}

/**
 * Share of positions where each offset's first choice equals the text, over the positions of the label match.
 *
 * @returns rate_K; null without positions
 */
export function matchRates(windows: readonly WindowScores[], options: LabelMatchOptions): readonly (number | null)[] {
  const positions = windows.reduce((sum, window) => sum + countOf(eligiblePositions(window, options)), 0);
  return options.offsets.map((offset, k) => {
    if (positions === 0) return null;
    let matches = 0;
    for (const window of windows) {
      for (const t of eligiblePositions(window, options)) {
        if (window.predicted[k][t] === window.tokens[t + offset]) matches++;
      }
    }
    return matches / positions;
  });
}

/** Positions of a window after which its document goes on for at least `maxOffset` tokens. */
export function* eligiblePositions(
  { tokens, document, predicted }: WindowScores,
  { maxOffset }: LabelMatchOptions,
): Generator<number> {
  const scored = Math.min(predicted[0].length, tokens.length - maxOffset);
  for (let t = 0; t < scored; t++) {
    if (document[t + maxOffset] === document[t]) yield t;
  }
}

function* walk(windows: readonly WindowScores[], options: LabelMatchOptions): Generator<VerifiedForward> {
  const levels = draftLevels(options.offsets);
  const proposed = new Array<number>(levels).fill(1);
  for (const window of windows) {
    let next = 0;
    for (const t of eligiblePositions(window, options)) {
      // `next` never lies beyond t + maxOffset, hence in t's document: the next document starts a walk of its own.
      if (t < next) continue;
      const accepted = acceptedAt(window, t, levels);
      yield { proposed, accepted, tokens: accepted + 1 };
      next = t + accepted + 1;
    }
  }
}

function acceptedAt({ tokens, predicted }: WindowScores, t: number, levels: number): number {
  let accepted = 0;
  while (accepted < levels && predicted[accepted + 1][t] === tokens[t + accepted + 2]) accepted++;
  return accepted;
}

function countOf(values: Iterable<unknown>): number {
  let count = 0;
  for (const _ of values) count++;
  return count;
}
