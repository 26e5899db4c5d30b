import type { Guarantee } from '../contracts/decoding.ts';
import type { NamedDecoder } from '../contracts/evaluation.ts';

/** What a decoder's output is, in the words of every report. */
export type OutputClaim = 'greedy' | 'same distribution' | 'lossy';

/**
 * What a decoder's output keeps: what the decoder itself says, else what its rule says.
 *
 * Whoever keeps the distribution at temperature 0, where one token is certain, gives greedy's output too.
 */
export function guarantees({
  decoder,
  rule,
  sampling,
}: Pick<NamedDecoder, 'decoder' | 'rule' | 'sampling'>): readonly Guarantee[] {
  const keeps = decoder.keeps ?? rule.keeps;
  const isCertain = sampling?.temperature === 0 && keeps.includes('distribution');
  return isCertain && !keeps.includes('greedy') ? ['greedy', ...keeps] : keeps;
}

/** The claim that the {@link guarantees} come to; what keeps both, or greedy's at temperature 0, is called greedy. */
export function outputClaim(decoder: Pick<NamedDecoder, 'decoder' | 'rule' | 'sampling'>): OutputClaim {
  const keeps = guarantees(decoder);
  if (keeps.includes('greedy')) return 'greedy';
  return keeps.includes('distribution') ? 'same distribution' : 'lossy';
}
