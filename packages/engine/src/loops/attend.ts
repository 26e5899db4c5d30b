// C = G*d values of one cached node, d width of one attention head.

/** Buffers that grow with the number of keys, reused from node to node. */
export interface AttendScratch {
  /** First scores, then weights, one per key. */
  scores: Float64Array;
  /** Index of the first value of each key in the store. */
  places: Int32Array;
  /** One query, then the weighted sums, d each. */
  readonly query: Float64Array;
  readonly sums: Float64Array;
}

/** One attention head of a store: where the values of a key start, given its place. */
export interface CachedHead {
  readonly keys: Float32Array;
  readonly values: Float32Array;
  /** Index, within a cached node, of the key/value head's first value. */
  readonly start: number;
  readonly d: number;
}

/** Scores of `count` keys against the query: each summed over d in order, four keys at a time for speed alone. */
function scoreKeys({ keys, start, d }: CachedHead, count: number, { query, places, scores }: AttendScratch): void {
  let key = 0;
  for (; key + 4 <= count; key += 4) {
    const a = places[key] + start;
    const b = places[key + 1] + start;
    const c = places[key + 2] + start;
    const e = places[key + 3] + start;
    let ofA = 0;
    let ofB = 0;
    let ofC = 0;
    let ofE = 0;
    for (let at = 0; at < d; at++) {
      const q = query[at];
      ofA += q * keys[a + at];
      ofB += q * keys[b + at];
      ofC += q * keys[c + at];
      ofE += q * keys[e + at];
    }
    scores[key] = ofA;
    scores[key + 1] = ofB;
    scores[key + 2] = ofC;
    scores[key + 3] = ofE;
  }
  for (; key < count; key++) {
    const from = places[key] + start;
    let score = 0;
    for (let at = 0; at < d; at++) score += query[at] * keys[from + at];
    scores[key] = score;
  }
}

/** Sums of the values by weight, key after key; four keys at a time for speed alone, in the same order of additions. */
function sumValues({ values, start, d }: CachedHead, count: number, { scores, places, sums }: AttendScratch): void {
  sums.fill(0);
  let key = 0;
  for (; key + 4 <= count; key += 4) {
    const a = places[key] + start;
    const b = places[key + 1] + start;
    const c = places[key + 2] + start;
    const e = places[key + 3] + start;
    const wa = scores[key];
    const wb = scores[key + 1];
    const wc = scores[key + 2];
    const we = scores[key + 3];
    for (let at = 0; at < d; at++) {
      sums[at] = sums[at] + wa * values[a + at] + wb * values[b + at] + wc * values[c + at] + we * values[e + at];
    }
  }
  for (; key < count; key++) {
    const from = places[key] + start;
    const weight = scores[key];
    for (let at = 0; at < d; at++) sums[at] += weight * values[from + at];
  }
}

/** Turns scores into exp((score - largest) * scale) and gives their sum. */
function exponentiate(scores: Float64Array, count: number, scale: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let key = 0; key < count; key++) if (scores[key] > largest) largest = scores[key];
  let total = 0;
  for (let key = 0; key < count; key++) {
    const weight = Math.exp((scores[key] - largest) * scale);
    scores[key] = weight;
    total += weight;
  }
  return total;
}

/**
 * softmax(q k / sqrt(d)) v of one query over the `count` keys in `scratch.places` and nothing else, summed in their
 * order in float64: so the result's bits follow from the query and its own keys alone.
 * @param at - index of the query's first value, and of the result's
 */
export function attendOne(
  queries: Float32Array,
  at: number,
  head: CachedHead,
  count: number,
  out: Float32Array,
  scratch: AttendScratch,
): void {
  const { d } = head;
  const { query, sums, scores } = scratch;
  for (let j = 0; j < d; j++) query[j] = queries[at + j];
  scoreKeys(head, count, scratch);
  const total = exponentiate(scores, count, 1 / Math.sqrt(d));
  sumValues(head, count, scratch);
  for (let j = 0; j < d; j++) out[at + j] = sums[j] / total;
}
