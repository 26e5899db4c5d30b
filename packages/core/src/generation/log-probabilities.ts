// V token ids.
import type { Kept, TokenLogProbability, Verdict } from '../contracts/decoding.ts';
import { indexOfLargest, indicesOfLargest } from './distribution.ts';

/**
 * The model's own log-probabilities of the tokens that a row kept, from raw logits, in float64.
 *
 * A token's logits are its parent's: what the model said after the pending token, then after each node of the path.
 *
 * @param tokens - the first tokens of the path and the one after it
 * @param alternatives - how many of the most probable tokens to give beside each
 */
export function keptLogProbabilities(
  verdict: Pick<Verdict, 'logits'>,
  { path }: Pick<Kept, 'path'>,
  tokens: Int32Array,
  alternatives: number,
): TokenLogProbability[] {
  return Array.from(tokens, (token, index) => {
    const logits_V = verdict.logits(path[index - 1] ?? -1);
    const normalizer = logSumExp(logits_V);
    const of = (id: number) => ({ token: id, logProbability: logits_V[id] - normalizer });
    const top = alternatives > 0 ? indicesOfLargest(logits_V, alternatives).map(of) : [];
    return { ...of(token), top };
  });
}

function logSumExp(logits_V: Float32Array): number {
  const largest = logits_V[indexOfLargest(logits_V)];
  let sum = 0;
  for (const logit of logits_V) sum += Math.exp(logit - largest);
  return largest + Math.log(sum);
}
