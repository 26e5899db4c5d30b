// V symbols.
import type { Random } from '@foretoken/core/plugin';
import { crossEntropy } from './information.ts';
import type { TwoTokenTerms } from './two-token-terms.ts';

/** A stationary Markov source: what the theory says of it is known, so that estimates can be judged. */
export interface MarkovSource {
  /** [a][b]: probability that b follows a. */
  readonly transitions: readonly (readonly number[])[];
  /** Share of each symbol in the long run. */
  readonly stationary: readonly number[];
}

/**
 * A source with these transitions.
 * @param transitions - rows that add up to 1; every symbol can be reached from every other
 */
export function markovSource(transitions: readonly (readonly number[])[]): MarkovSource {
  return { transitions, stationary: stationaryOf(transitions) };
}

/** True values of what `estimateTwoTokenTerms` estimates, given that the last symbol is all that matters. */
export function trueTwoTokenTerms({
  transitions,
  stationary,
}: MarkovSource): Omit<TwoTokenTerms, 'standardError' | 'positions'> {
  const mean = (of: (symbol: number) => number) => stationary.reduce((sum, share, a) => sum + share * of(a), 0);
  const afterTwo = transitions.map((row) => step(row, transitions));
  const next = mean((a) => crossEntropy(transitions[a], transitions[a]));
  const second = mean((a) => crossEntropy(afterTwo[a], afterTwo[a]));
  // Given x, nothing before it matters; and a step from a stationary symbol leads to a stationary one.
  const secondGivenNext = next;
  const mutualInformation = second - secondGivenNext;
  return { next, second, nextGivenSecond: next - mutualInformation, secondGivenNext, mutualInformation };
}

/** Draws a sequence, from a stationary first symbol. */
export function sampleMarkov({ transitions, stationary }: MarkovSource, length: number, random: Random): Int32Array {
  const symbols = new Int32Array(length);
  for (let t = 0; t < length; t++) symbols[t] = draw(t === 0 ? stationary : transitions[symbols[t - 1]], random);
  return symbols;
}

/** One step of a distribution. */
function step(p: readonly number[], transitions: MarkovSource['transitions']): number[] {
  return p.map((_, b) => p.reduce((sum, share, a) => sum + share * transitions[a][b], 0));
}

/** The distribution that a step leaves as it is, by steps of the lazy chain, which cannot oscillate. */
function stationaryOf(transitions: MarkovSource['transitions']): number[] {
  let p: number[] = transitions.map(() => 1 / transitions.length);
  for (let i = 0; i < 100_000; i++) {
    const moved = step(p, transitions).map((share, a) => (share + p[a]) / 2);
    const change = moved.reduce((largest, share, a) => Math.max(largest, Math.abs(share - p[a])), 0);
    p = moved;
    if (change < 1e-16) break;
  }
  return p;
}

function draw(p: readonly number[], random: Random): number {
  let left = random.uniform();
  for (let symbol = 0; symbol < p.length - 1; symbol++) {
    left -= p[symbol];
    if (left < 0) return symbol;
  }
  return p.length - 1;
}
