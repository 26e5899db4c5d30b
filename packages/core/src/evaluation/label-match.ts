// K offsets of the model, T positions of a window.
import type { WindowScores } from '../contracts/evaluation.ts';
import { type DraftSource, withoutGap } from '../model/draft-sources.ts';
import {
  type Acceptance,
  type AcceptanceStatistics,
  acceptanceByRow,
  acceptanceStatistics,
  type VerifiedForward,
} from './acceptance-statistics.ts';

/** What the label match of a model is counted over. */
export interface LabelMatchOptions {
  /** Offsets of the model, ascending from 1: they name the rows of `predicted`. */
  readonly offsets: readonly number[];
  /** Largest offset of any arm: a forward counts only where the text goes on that far, so that all arms end alike. */
  readonly maxOffset: number;
  /** What drafts each level, as `draftSources` says of a model. Default: the offsets up to their first gap. */
  readonly drafts?: readonly DraftSource[];
}

/**
 * Label-match acceptance: self-speculative decoding of a model that always emits the held-out text.
 *
 * A walk over each document's part of each window. At position t the token x_{t+1} is the bonus: the text's own,
 * whatever offset 1 says. The drafts are the first choices of offsets 2, 3, ... after t (in a gap, of the offset that
 * fills it, before t), and count as accepted while they equal x_{t+2}, x_{t+3}, ...; the walk goes on behind the bonus token and the accepted drafts, as decoding would.
 * A model that repeats itself gains nothing, because the text does not repeat with it. Heads that read tokens ahead
 * are exact here too: a draft counts only while all tokens before it are the text's, the ones they read.
 *
 * @returns statistics whose `tokensPerForward` is the label-match tokens per forward; exactly 1 for one offset
 * @source ours; the idea of counting against labels: Megatron-Core's `mtp_i_acceptance_rate`
 */
export function labelMatch(windows: readonly WindowScores[], options: LabelMatchOptions): AcceptanceStatistics {
  return acceptanceStatistics(walk(windows, options), draftsOf(options).length);
}

/** {@link labelMatch} of all windows together and of each, whose `row` is its number in the split. */
export function labelMatchByWindow(windows: readonly WindowScores[], options: LabelMatchOptions): Acceptance {
  const forwards = new Map(windows.map((window) => [window.window, [...walk([window], options)]]));
  return acceptanceByRow(forwards, draftsOf(options).length);
}

/**
 * Label-match acceptance per offset: what a horizon schedule is shown.
 *
 * Offset 1 is never a draft: its rate is that of {@link matchRates}. A further offset's is marginal, over the forwards of
 * {@link labelMatch}, so that without a gap it is `labelMatch().marginal`. Behind a gap, where a chain of drafts ends, an
 * offset counts as kept while it and all nearer ones that the head has equal the text.
 *
 * @returns [i - 1] belongs to offset i, up to the last of `offsets`; null for one that is not among them, or without positions
 */
export function offsetAcceptance(
  windows: readonly WindowScores[],
  options: LabelMatchOptions,
): readonly (number | null)[] {
  const { offsets } = options;
  const kept = offsets.map(() => 0);
  let forwards = 0;
  for (const { window, t } of verifiedPositions(windows, options)) {
    forwards++;
    for (let k = 1; k <= leadingMatches(window, t, offsets); k++) kept[k]++;
  }
  const rates = new Map(offsets.map((offset, k) => [offset, forwards === 0 ? null : kept[k] / forwards]));
  rates.set(1, matchRates(windows, { ...options, offsets: [1] })[0]);
  return Array.from({ length: offsets[offsets.length - 1] }, (_, i) => rates.get(i + 1) ?? null);
}

function draftsOf({ offsets, drafts = withoutGap(offsets) }: LabelMatchOptions): readonly DraftSource[] {
  return drafts;
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
  const proposed = new Array<number>(draftsOf(options).length).fill(1);
  for (const { accepted } of verifiedPositions(windows, options)) yield { proposed, accepted, tokens: accepted + 1 };
}

/** Positions whose drafts decoding would verify, with the number that it would keep. */
function* verifiedPositions(windows: readonly WindowScores[], options: LabelMatchOptions) {
  const drafts = draftsOf(options);
  for (const window of windows) {
    let next = 0;
    for (const t of eligiblePositions(window, options)) {
      // `next` never lies beyond t + maxOffset, hence in t's document: the next document starts a walk of its own.
      if (t < next) continue;
      const accepted = keptDrafts(window, t, options.offsets, drafts);
      yield { window, t, accepted };
      next = t + accepted + 1;
    }
  }
}

/** How many levels in a row draft what the text has after the bonus token. */
function keptDrafts(
  { tokens, document, predicted }: WindowScores,
  t: number,
  offsets: readonly number[],
  drafts: readonly DraftSource[],
): number {
  const says = ({ offset, back }: DraftSource) => {
    let at = Math.max(0, t - back);
    // A document too young for a look back is asked at its first token, as in decoding.
    while (document[at] !== document[t]) at++;
    return predicted[offsets.indexOf(offset)][at];
  };
  const wrong = drafts.findIndex((draft, index) => says(draft) !== tokens[t + index + 2]);
  return wrong < 0 ? drafts.length : wrong;
}

/** Of offsets number 2, 3, ... in order, how many first choices after t equal the text before one does not. */
function leadingMatches({ tokens, predicted }: WindowScores, t: number, offsets: readonly number[]): number {
  let matches = 0;
  while (matches + 1 < offsets.length && predicted[matches + 1][t] === tokens[t + offsets[matches + 1]]) matches++;
  return matches;
}

function countOf(values: Iterable<unknown>): number {
  let count = 0;
  for (const _ of values) count++;
  return count;
}
