// V token ids.
import type { Sampling } from '../contracts/decoding.ts';
import { exponentials, indexOfLargest, normalize, pointMass } from './distribution.ts';
import { checkSampling } from './sampler-checks.ts';
import { cutUnlikely } from './sampler-cuts.ts';

/** Makes the distribution of one row's next token out of raw logits. */
export interface Sampler {
  /**
   * The first choice after bias and repetition penalty; the lowest id of a tie.
   * @param logits_V - left as they are
   * @param seen - tokens that the row holds already, prompt included; asked only where there is a penalty
   */
  argmax(logits_V: ArrayLike<number>, seen: () => Iterable<number>): number;
  /** @returns p_V in float64, a new array that sums to 1; one certain token at temperature 0 */
  distribution(logits_V: ArrayLike<number>, seen: () => Iterable<number>): Float64Array;
}

/**
 * The sampler of a row: bias, repetition penalty, temperature, top-k, top-p, min-p, in this order, in float64.
 *
 * Logits decide what is more probable than what, and ids decide ties, so that no rounding of a probability does. Where a
 * bias bans all that a readout can say (one with a vocabulary of its own), its logits count as they are: there is always a
 * distribution.
 *
 * @throws OPTIONS_INVALID naming every setting that is out of its range, biased tokens outside the vocabulary included
 * @source the order is Hugging Face's `generate`; top-k: Fan et al. 2018, arXiv:1805.04833; top-p: Holtzman et al. 2020,
 * arXiv:1904.09751; min-p: Nguyen et al. 2024, arXiv:2407.01082; penalty: Keskar et al. 2019, arXiv:1909.05858
 */
export function createSampler(sampling: Sampling = {}, vocabulary: number): Sampler {
  checkSampling(sampling, vocabulary);
  const { temperature = 1 } = sampling;
  const scoresOf = scorer(sampling);
  return {
    argmax: (logits_V, seen) => indexOfLargest(scoresOf(logits_V, seen)),
    distribution(logits_V, seen) {
      const scores_V = scoresOf(logits_V, seen);
      if (temperature === 0) return pointMass(indexOfLargest(scores_V), scores_V.length);
      const weights_V = exponentials(scores_V, temperature);
      cutUnlikely(weights_V, scores_V, sampling);
      return normalize(weights_V);
    },
  };
}

/** @returns a function that gives logits after bias and penalty: the very array where there is neither */
function scorer({ bias = {}, repetitionPenalty: penalty = 1 }: Sampling): Sampler['distribution'] {
  const biased = Object.entries(bias).map(([token, value]) => [Number(token), value] as const);
  if (biased.length === 0 && penalty === 1) return (logits_V) => logits_V as Float64Array;
  return (logits_V, seen) => {
    const scores_V = Float64Array.from(logits_V);
    for (const [token, value] of biased) scores_V[token] += value;
    if (penalty !== 1) for (const token of new Set(seen())) scores_V[token] = penalized(scores_V[token], penalty);
    return scores_V[indexOfLargest(scores_V)] === Number.NEGATIVE_INFINITY ? Float64Array.from(logits_V) : scores_V;
  };
}

/** Never +Infinity, against which every other score would be nothing. */
function penalized(score: number, penalty: number): number {
  return score < 0 ? score * penalty : Math.min(score / penalty, Number.MAX_VALUE);
}
