// N rows of a forward, R rows of a readout, V token ids.
import { indexOfLargest, indicesOfLargest, overVocabulary, softmax } from '@foretoken/core';
import type { Readout } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';

/** Where a row of logits comes from, for whoever must mend them: which offset, and which row of the session. */
export type LogitsOrigin = (index: number) => { readonly offset: number; readonly row: number };

/**
 * Logits that one readout gave to some nodes, on the host, and the questions that are asked of them.
 *
 * Every question throws LOGITS_INVALID where there is no finite largest logit: a choice among NaN would be token 0, in
 * silence. -Infinity for some tokens is a readout's right. The search for the first choice finds it out, once a row.
 */
export class ReadoutRows {
  readonly #logits_NR: Float32Array;
  readonly #size: number;
  readonly #vocabulary: number;
  readonly #tokens_R: Int32Array | undefined;
  readonly #origin: LogitsOrigin;
  /** Of each row asked about, the index of the largest logit; -1 before. */
  readonly #first: number[] = [];

  constructor(logits_NR: Float32Array, readout: Readout, vocabulary: number, origin: LogitsOrigin) {
    this.#logits_NR = logits_NR;
    this.#size = readout.tokens_V?.length ?? vocabulary;
    this.#vocabulary = vocabulary;
    this.#tokens_R = readout.tokens_V;
    this.#origin = origin;
    for (let end = this.#size; end <= logits_NR.length; end += this.#size) this.#first.push(-1);
  }

  /** Raw logits over the V token ids, a copy; -Infinity for an id that the readout does not know. */
  logits(row: number): Float32Array {
    const logits_R = this.#row(row);
    if (!this.#tokens_R) return logits_R.slice();
    return overVocabulary(logits_R, new Float32Array(this.#vocabulary), this.#tokens_R, Number.NEGATIVE_INFINITY);
  }

  /** As {@link logits}, but not to be written to: where the readout knows all ids it is no copy. */
  view(row: number): Float32Array {
    return this.#tokens_R ? this.logits(row) : this.#row(row);
  }

  /** The softmax over the V token ids, in float64, a copy; 0 for an id that the readout does not know. */
  p(row: number): Float64Array {
    const p_R = softmax(this.#row(row));
    return this.#tokens_R ? overVocabulary(p_R, new Float64Array(this.#vocabulary), this.#tokens_R, 0) : p_R;
  }

  /** The first choice; the lowest id of a tie. */
  argmax(row: number): number {
    return this.#tokens_R ? indexOfLargest(this.view(row)) : this.#firstOf(row);
  }

  /** First choices, best first, as many as the readout has at most. */
  top(row: number, count: number): number[] {
    if (count === 1) return [this.argmax(row)];
    const most = Math.min(count, this.#size);
    return indicesOfLargest(this.view(row), most);
  }

  #row(row: number): Float32Array {
    this.#firstOf(row);
    return this.#logits_NR.subarray(row * this.#size, (row + 1) * this.#size);
  }

  #firstOf(row: number): number {
    const known = this.#first[row];
    if (known >= 0) return known;
    const logits_R = this.#logits_NR.subarray(row * this.#size, (row + 1) * this.#size);
    const first = indexOfLargest(logits_R);
    if (!Number.isFinite(logits_R[first])) throw this.#invalid(row, first, logits_R[first]);
    this.#first[row] = first;
    return first;
  }

  #invalid(row: number, index: number, logit: number): ForetokenError {
    const { offset, row: id } = this.#origin(row);
    return new ForetokenError(
      'LOGITS_INVALID',
      `session: offset ${offset} must give row ${id} a finite largest logit, but gave ${logit} for token ` +
        `${this.#tokens_R?.[index] ?? index}. Look for weights or operations of the trunk or of this offset that are not finite.`,
    );
  }
}
