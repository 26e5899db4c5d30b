import type { WindowScores } from '@foretoken/core/plugin';

/** Losses of one position in nats: X is the next token, Y the one after it. */
export interface PositionLosses {
  /** -log q(x | text): offset 1 at the position. */
  readonly next: number;
  /** -log q(y | text): offset 2 at the position. */
  readonly second: number;
  /** -log q(y | text, x): offset 1 one position on. */
  readonly secondGivenNext: number;
}

/** What the 2-token loss is made of, in nats: H(X) + H(Y) = H(X|Y) + 2 I(X;Y) + H(Y|X), each given the text before. */
export type TwoTokenTerms = {
  /** H(X): the loss of offset 1. */
  readonly next: number;
  /** H(Y): the loss of offset 2. */
  readonly second: number;
  /** H(X|Y). */
  readonly nextGivenSecond: number;
  /** H(Y|X): offset 1's loss of the same tokens. */
  readonly secondGivenNext: number;
  /** I(X;Y); negative where offset 2 knows more of a token than offset 1 does, having read it. */
  readonly mutualInformation: number;
  /** Standard error of `mutualInformation`, positions taken for independent. */
  readonly standardError: number;
  /** Positions that the means are over. */
  readonly positions: number;
};

/**
 * Estimates the terms of the 2-token loss from a model's own losses on held-out text.
 *
 * A model with two offsets says q(x), q(y) and, one position on, q(y|x); their joint q(x) q(y|x) says the rest. What is
 * estimated are the cross-entropies of definition L.1 and the information of L.2, with offset 2's distribution for q_Y:
 * they are the entropies of the source when the model is exact.
 *
 * @returns undefined without positions
 * @source Gloeckle et al. 2024, arXiv:2404.19737, sec. 5.2 and app. L
 */
export function estimateTwoTokenTerms(losses: Iterable<PositionLosses>): TwoTokenTerms | undefined {
  const sums = { next: 0, second: 0, secondGivenNext: 0, gain: 0, gainSquared: 0 };
  let positions = 0;
  for (const { next, second, secondGivenNext } of losses) {
    const gain = second - secondGivenNext;
    positions++;
    sums.next += next;
    sums.second += second;
    sums.secondGivenNext += secondGivenNext;
    sums.gain += gain;
    sums.gainSquared += gain * gain;
  }
  if (positions === 0) return undefined;
  const mutualInformation = sums.gain / positions;
  const variance = Math.max(0, sums.gainSquared / positions - mutualInformation ** 2);
  return {
    next: sums.next / positions,
    second: sums.second / positions,
    nextGivenSecond: sums.next / positions - mutualInformation,
    secondGivenNext: sums.secondGivenNext / positions,
    mutualInformation,
    standardError: Math.sqrt(variance / positions),
    positions,
  };
}

/**
 * Losses of the positions of scored windows at which all three are known: the next two tokens are in the position's
 * document, and in the vocabularies of both offsets.
 * @param offsets - those that the windows were scored at
 */
export function* positionLosses(
  offsets: readonly number[],
  windows: readonly Pick<WindowScores, 'nats'>[],
): Generator<PositionLosses> {
  const [first, second] = [offsets.indexOf(1), offsets.indexOf(2)];
  if (first < 0 || second < 0) return;
  for (const { nats } of windows) {
    for (let t = 0; t + 1 < nats[first].length; t++) {
      const losses = { next: nats[first][t], second: nats[second][t], secondGivenNext: nats[first][t + 1] };
      if (Object.values(losses).every(Number.isFinite)) yield losses;
    }
  }
}
