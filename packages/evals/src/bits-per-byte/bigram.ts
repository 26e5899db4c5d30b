// V vocabulary.

/** Largest vocabulary that a matrix of counts is kept for: 8 MB of doubles. */
export const BIGRAM_VOCABULARY_LIMIT = 1024;

/** Candidates for the weight of the prior, in tokens. */
const ALPHAS = Array.from({ length: 21 }, (_, k) => 2 ** (k - 6));

/** How often each token followed each other one. */
export class BigramCounts {
  readonly vocabulary: number;
  /** [a * V + b]: how often b followed a. */
  readonly pairs_VV: Float64Array;
  /** How often a token was followed by another. */
  readonly before_V: Float64Array;
  /** How often a token followed another. */
  readonly after_V: Float64Array;
  total = 0;

  constructor(vocabulary: number) {
    this.vocabulary = vocabulary;
    this.pairs_VV = new Float64Array(vocabulary ** 2);
    this.before_V = new Float64Array(vocabulary);
    this.after_V = new Float64Array(vocabulary);
  }

  /** Counts one pair. */
  add(before: number, after: number): void {
    this.pairs_VV[before * this.vocabulary + after]++;
    this.before_V[before]++;
    this.after_V[after]++;
    this.total++;
  }
}

/** A fitted bigram model. */
export interface BigramModel {
  /** Weight of the prior, in tokens; chosen on the training counts. */
  readonly alpha: number;
  /** -ln p(after | before). */
  nats(before: number, after: number): number;
}

/**
 * A bigram model with a Dirichlet prior: p(b | a) = (count(a, b) + alpha u(b)) / (count(a) + alpha), where u is the
 * unigram distribution with one added to every count, so that no pair has probability zero.
 *
 * `alpha` is the power of two, from 2^-6 to 2^14, that predicts each training pair best from all the others
 * (leave-one-out, which the counts alone give): held-out text has no say in it.
 * @source MacKay & Peto 1995, "A hierarchical Dirichlet language model"; leave-one-out choice: Ney, Essen & Kneser 1994
 */
export function fitBigram(counts: BigramCounts): BigramModel {
  const { vocabulary: V, pairs_VV, before_V, after_V, total } = counts;
  let best = { alpha: ALPHAS[0], logLikelihood: Number.NEGATIVE_INFINITY };
  for (const alpha of ALPHAS) {
    const logLikelihood = leaveOneOut(counts, alpha);
    if (logLikelihood > best.logLikelihood) best = { alpha, logLikelihood };
  }
  const { alpha } = best;
  return {
    alpha,
    nats(before, after) {
      const unigram = (after_V[after] + 1) / (total + V);
      return -Math.log((pairs_VV[before * V + after] + alpha * unigram) / (before_V[before] + alpha));
    },
  };
}

/** Log-likelihood of every training pair under the model fitted to all pairs but that one. */
export function leaveOneOut(
  { vocabulary: V, pairs_VV, before_V, after_V, total }: BigramCounts,
  alpha: number,
): number {
  let logLikelihood = 0;
  for (let a = 0; a < V; a++) {
    if (before_V[a] === 0) continue;
    for (let b = 0; b < V; b++) {
      const count = pairs_VV[a * V + b];
      if (count === 0) continue;
      const unigram = after_V[b] / (total - 1 + V);
      logLikelihood += count * Math.log((count - 1 + alpha * unigram) / (before_V[a] - 1 + alpha));
    }
  }
  return logLikelihood;
}
