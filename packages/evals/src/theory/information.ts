// A joint distribution is a table [X][Y] of probabilities.

/** Probabilities of two variables together: [x][y], each >= 0, all of them adding up to 1. */
export type Joint = readonly (readonly number[])[];

/** Entropies of two variables, in nats, each from its own definition. */
export interface Entropies {
  readonly x: number;
  readonly y: number;
  readonly xGivenY: number;
  readonly yGivenX: number;
  readonly mutual: number;
}

/** Distribution of the first variable alone. */
export function marginalX(joint: Joint): number[] {
  return joint.map((row) => sum(row));
}

/** Distribution of the second variable alone. */
export function marginalY(joint: Joint): number[] {
  return joint[0].map((_, y) => sum(joint.map((row) => row[y])));
}

/**
 * Entropies of a joint distribution. Of a 2-token loss, H(X) + H(Y) = H(X|Y) + 2 I(X;Y) + H(Y|X): predicting two tokens
 * weighs what they tell of each other twice.
 * @source Gloeckle et al. 2024, arXiv:2404.19737, sec. 5.2
 */
export function entropies(joint: Joint): Entropies {
  return {
    x: crossEntropy(marginalX(joint), marginalX(joint)),
    y: crossEntropy(marginalY(joint), marginalY(joint)),
    xGivenY: conditionalCrossEntropy(joint, joint),
    yGivenX: conditionalCrossEntropy(transposed(joint), transposed(joint)),
    mutual: divergence(joint.flat(), independent(joint)),
  };
}

/** The same of a model q of the truth p, in nats: {@link Entropies} are its case q = p. */
export function relativeEntropies(p: Joint, q: Joint): Entropies {
  return {
    x: crossEntropy(marginalX(p), marginalX(q)),
    y: crossEntropy(marginalY(p), marginalY(q)),
    xGivenY: conditionalCrossEntropy(p, q),
    yGivenX: conditionalCrossEntropy(transposed(p), transposed(q)),
    mutual: relativeMutualInformation(p, q),
  };
}

/** -sum p log q, in nats; infinite where q is 0 and p is not. */
export function crossEntropy(p: readonly number[], q: readonly number[]): number {
  return sum(p.map((value, i) => (value === 0 ? 0 : -value * Math.log(q[i]))));
}

/** sum p log(p/q), in nats; infinite where q is 0 and p is not. */
export function divergence(p: readonly number[], q: readonly number[]): number {
  return sum(p.map((value, i) => (value === 0 ? 0 : value * Math.log(value / q[i]))));
}

/**
 * Cross-entropy of X given Y from q to p: the mean over y ~ p of that between p(x|y) and q(x|y).
 * @source Gloeckle et al. 2024, arXiv:2404.19737, app. L, definition L.1
 */
export function conditionalCrossEntropy(p: Joint, q: Joint): number {
  const [pY, qY] = [marginalY(p), marginalY(q)];
  return sum(
    pY.map((weight, y) => {
      if (weight === 0) return 0;
      const given = (joint: Joint, total: number) => joint.map((row) => row[y] / total);
      return weight * crossEntropy(given(p, weight), given(q, qY[y]));
    }),
  );
}

/**
 * I_{p||q}(X;Y) = D(p || q_X q_Y) - D(p || q): how much better the model predicts the two together than apart. It may be
 * negative, where the model believes in a dependence that is not there.
 *
 * H(p_X, q_X) = H(p_{X|Y}, q_{X|Y}) + I_{p||q}(X;Y) (lemma L.3).
 * @returns nats; -infinity or NaN where q rules out what p lets happen, and its divergence is infinite
 * @source Gloeckle et al. 2024, arXiv:2404.19737, app. L, definition L.2
 */
export function relativeMutualInformation(p: Joint, q: Joint): number {
  return divergence(p.flat(), independent(q)) - divergence(p.flat(), q.flat());
}

/** The variables in the other order. */
export function transposed(joint: Joint): Joint {
  return joint[0].map((_, y) => joint.map((row) => row[y]));
}

/** The joint distribution, flat, of two variables with these marginals that know nothing of each other. */
function independent(joint: Joint): number[] {
  const y = marginalY(joint);
  return marginalX(joint).flatMap((pX) => y.map((pY) => pX * pY));
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
