// V token ids, R rows of a readout (R = V unless the readout has a vocabulary of its own).

/** A few of many are found in one pass, each put in its place; more than these by sorting all. */
const MOST_INSERTED = 64;

/**
 * Where the largest value is; a NaN counts as larger than all, so that whoever looks at the value sees it.
 *
 * @returns the index of the first NaN; without one that of the largest value, the lowest of a tie
 */
export function indexOfLargest(values: ArrayLike<number>): number {
  let best = 0;
  let largest = values[0];
  for (let index = 1; index < values.length && !Number.isNaN(largest); index++) {
    const value = values[index];
    if (value <= largest) continue;
    largest = value;
    best = index;
  }
  return best;
}

/**
 * Where the largest values are.
 * @returns at most `count` indices, largest value first, the lower index first of a tie
 */
export function indicesOfLargest(values: ArrayLike<number>, count: number): number[] {
  if (count === 1) return [indexOfLargest(values)];
  if (count > MOST_INSERTED) {
    const order = Array.from(values, (_, index) => index);
    return order.sort((a, b) => values[b] - values[a] || a - b).slice(0, count);
  }
  const largest: number[] = [];
  if (count < 1) return largest;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (largest.length === count && !(value > values[largest[count - 1]])) continue;
    let place = Math.min(largest.length, count - 1);
    for (; place > 0 && values[largest[place - 1]] < value; place--) largest[place] = largest[place - 1];
    largest[place] = index;
  }
  return largest;
}

/** The softmax of logits, in float64. The largest logit is taken off first, so nothing overflows. */
export function softmax(logits: ArrayLike<number>): Float64Array {
  return normalize(exponentials(logits));
}

/**
 * The weights of a softmax before they are normalized, in float64: the largest is 1.
 *
 * The largest logit is taken off before the division, so that no temperature, however low, makes an infinity.
 * @param temperature - above 0; default 1
 */
export function exponentials(logits: ArrayLike<number>, temperature = 1): Float64Array {
  const largest = logits[indexOfLargest(logits)];
  const weights = new Float64Array(logits.length);
  for (let index = 0; index < weights.length; index++) {
    weights[index] = Math.exp((logits[index] - largest) / temperature);
  }
  return weights;
}

/** Divides weights by their sum, in place. @returns the same array */
export function normalize(weights: Float64Array): Float64Array {
  let sum = 0;
  for (const weight of weights) sum += weight;
  for (let index = 0; index < weights.length; index++) weights[index] /= sum;
  return weights;
}

/** The distribution of this length in which one index is certain. */
export function pointMass(index: number, length: number): Float64Array {
  const p = new Float64Array(length);
  p[index] = 1;
  return p;
}

/**
 * The distribution of what is none of these indices.
 *
 * @returns `p` itself where there are none; undefined where nothing else has any probability
 */
export function without(p: Float64Array, indices: readonly number[]): Float64Array | undefined {
  if (indices.length === 0) return p;
  const rest = p.slice();
  for (const index of indices) rest[index] = 0;
  return rest.some((weight) => weight > 0) ? normalize(rest) : undefined;
}

/** The entropy of a distribution, in nats. */
export function entropyOf(p: Float64Array): number {
  let entropy = 0;
  for (const probability of p) if (probability > 0) entropy -= probability * Math.log(probability);
  return entropy;
}

/**
 * An index drawn from a distribution.
 * @param p - sums to 1
 * @param uniform - in [0, 1), the caller's randomness
 */
export function drawIndex(p: Float64Array, uniform: number): number {
  let left = uniform;
  let last = 0;
  for (let index = 0; index < p.length; index++) {
    if (p[index] === 0) continue;
    last = index;
    left -= p[index];
    if (left < 0) return index;
  }
  // Rounding left a rest beyond the sum: it belongs to the last index that can be drawn.
  return last;
}

/** Values of a readout's rows as values of token ids: `rest` where the readout has no row. */
export function overVocabulary<Values extends Float32Array | Float64Array>(
  values_R: Values,
  out_V: Values,
  tokens_R: Int32Array,
  rest: number,
): Values {
  out_V.fill(rest);
  for (const [row, token] of tokens_R.entries()) out_V[token] = values_R[row];
  return out_V;
}
