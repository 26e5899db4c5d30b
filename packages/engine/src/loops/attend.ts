// C = G*d values of one cached node, d width of one attention head.

/**
 * softmax(q k / sqrt(d)) v for one query at a time, over listed keys and nothing else, summed in their order: so a
 * result's bits follow from the query and its own keys alone. One row is loaded, then a node's keys are listed, then its
 * attention heads are attended.
 */
export interface Attender {
  /** Takes the keys and values of one row, `length` values each; they stay as they are until the next load. */
  load(keys: Float32Array, values: Float32Array, length: number): void;
  /** Takes the indices where the keys of one node start, oldest first. */
  see(places: Int32Array, count: number): void;
  /**
   * Attends one attention head of the node.
   * @param at - index of the query's first value, and of the result's
   * @param headStart - index, within a cached node, of the key/value head's first value
   */
  attend(queries: Float32Array, at: number, headStart: number, d: number, out: Float32Array): void;
}

/**
 * Turns scores into exp((score - largest) * scale), in place.
 * @returns their sum, as stored
 */
export function exponentiate(scores: Float32Array | Float64Array, count: number, scale: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let key = 0; key < count; key++) if (scores[key] > largest) largest = scores[key];
  let total = 0;
  for (let key = 0; key < count; key++) {
    scores[key] = Math.exp((scores[key] - largest) * scale);
    total += scores[key];
  }
  return total;
}

/** An {@link Attender} of plain loops in float64. */
export class LoopAttender implements Attender {
  private keys = new Float32Array(0);
  private values = new Float32Array(0);
  private places = new Int32Array(0);
  private count = 0;
  private scores = new Float64Array(0);
  private query = new Float64Array(0);
  private sums = new Float64Array(0);

  load(keys: Float32Array<ArrayBuffer>, values: Float32Array<ArrayBuffer>): void {
    this.keys = keys;
    this.values = values;
  }

  see(places: Int32Array<ArrayBuffer>, count: number): void {
    this.places = places;
    this.count = count;
    if (this.scores.length < count) this.scores = new Float64Array(2 * count);
  }

  attend(queries: Float32Array, at: number, headStart: number, d: number, out: Float32Array): void {
    if (this.query.length !== d) {
      this.query = new Float64Array(d);
      this.sums = new Float64Array(d);
    }
    for (let j = 0; j < d; j++) this.query[j] = queries[at + j];
    this.scoreKeys(headStart, d);
    const total = exponentiate(this.scores, this.count, 1 / Math.sqrt(d));
    this.sumValues(headStart, d);
    for (let j = 0; j < d; j++) out[at + j] = this.sums[j] / total;
  }

  /** Scores of the keys against the query: each summed over d in order, four keys at a time for speed alone. */
  private scoreKeys(start: number, d: number): void {
    const { keys, places, query, scores, count } = this;
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
  private sumValues(start: number, d: number): void {
    const { values, places, sums, scores, count } = this;
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
}
