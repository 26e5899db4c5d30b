// C = G*d values of one cached node, d width of one attention head.

/** Buffers that grow with the number of keys, reused from node to node. */
export interface AttendScratch {
  scores: Float64Array;
  sums: Float64Array;
}

/** Where one query finds its keys: `count` consecutive nodes from `first`, then listed nodes. */
export interface SeenNodes {
  readonly first: number;
  readonly count: number;
  readonly listed: readonly number[];
}

/**
 * softmax(q k / sqrt(d)) v of one query over what it sees and nothing else, summed in the order of the nodes, in
 * float64: so the result's bits follow from the query and its own keys alone.
 * @param queryStart - index of the query's first value
 * @param headStart - index, within a cached node, of the key/value head's first value
 */
export function attendOne(
  query: Float32Array,
  queryStart: number,
  keys: Float32Array,
  values: Float32Array,
  C: number,
  headStart: number,
  d: number,
  seen: SeenNodes,
  out: Float32Array,
  scratch: AttendScratch,
): void {
  const { scores, sums } = scratch;
  const numKeys = seen.count + seen.listed.length;
  const place = (index: number) =>
    (index < seen.count ? seen.first + index : seen.listed[index - seen.count]) * C + headStart;
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < numKeys; index++) {
    const start = place(index);
    let score = 0;
    for (let at = 0; at < d; at++) score += query[queryStart + at] * keys[start + at];
    scores[index] = score;
    if (score > largest) largest = score;
  }
  const scale = 1 / Math.sqrt(d);
  sums.fill(0, 0, d);
  let total = 0;
  for (let index = 0; index < numKeys; index++) {
    const weight = Math.exp((scores[index] - largest) * scale);
    const start = place(index);
    total += weight;
    for (let at = 0; at < d; at++) sums[at] += weight * values[start + at];
  }
  for (let at = 0; at < d; at++) out[queryStart + at] = sums[at] / total;
}
