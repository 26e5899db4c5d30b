// V token ids.
import type { Sampling } from '../contracts/decoding.ts';
import { exponentials } from './distribution.ts';

/**
 * Sets the weight of every token to 0 that top-k, top-p or min-p leaves out.
 *
 * @param weights_V - not normalized; the largest is 1
 * @param scores_V - what decides the order: the logits that the weights were made of
 */
export function cutUnlikely(
  weights_V: Float64Array,
  scores_V: ArrayLike<number>,
  { topK = scores_V.length, topP = 1, minP = 0, temperature }: Sampling,
): void {
  if (topK < scores_V.length || topP < 1) {
    const ascending_V = Float64Array.from(scores_V).sort();
    const most = Math.min(topK, scores_V.length);
    keepFirst(weights_V, scores_V, ascending_V, topP < 1 ? nucleusSize(ascending_V, most, topP, temperature) : most);
  }
  if (minP > 0)
    for (let token = 0; token < weights_V.length; token++) if (weights_V[token] < minP) weights_V[token] = 0;
}

/** Of the `most` largest scores, how many it takes at least to have the share topP of their probability. */
function nucleusSize(ascending_V: Float64Array, most: number, topP: number, temperature?: number): number {
  const ascending = exponentials(ascending_V.subarray(ascending_V.length - most), temperature);
  let total = 0;
  for (const weight of ascending) total += weight;
  let sum = 0;
  let size = 0;
  while (size < most && sum < topP * total) sum += ascending[most - ++size];
  return size;
}

/** Keeps the weights of the `count` largest scores, those of the lowest ids where a tie crosses the border. */
function keepFirst(
  weights_V: Float64Array,
  scores_V: ArrayLike<number>,
  ascending_V: Float64Array,
  count: number,
): void {
  const first = ascending_V.length - count;
  const border = ascending_V[first];
  let ties = 0;
  while (first + ties < ascending_V.length && ascending_V[first + ties] === border) ties++;
  for (let token = 0; token < weights_V.length; token++) {
    if (scores_V[token] > border || (scores_V[token] === border && ties-- > 0)) continue;
    weights_V[token] = 0;
  }
}
