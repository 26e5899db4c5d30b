// N rows of a forward, R rows of a readout, V token ids.

import { indexOfLargest, indicesOfLargest, overVocabulary, softmax } from '@foretoken/core';
import type { Readout } from '@foretoken/engine';

/** Logits that one readout gave to some nodes, on the host, and the questions that are asked of them. */
export class ReadoutRows {
  readonly #logits_NR: Float32Array;
  readonly #size: number;
  readonly #vocabulary: number;
  readonly #tokens_R: Int32Array | undefined;

  constructor(logits_NR: Float32Array, readout: Readout, vocabulary: number) {
    this.#logits_NR = logits_NR;
    this.#size = readout.tokens_V?.length ?? vocabulary;
    this.#vocabulary = vocabulary;
    this.#tokens_R = readout.tokens_V;
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
    return indexOfLargest(this.view(row));
  }

  /** First choices, best first, as many as the readout has at most. */
  top(row: number, count: number): number[] {
    const most = Math.min(count, this.#size);
    return indicesOfLargest(this.view(row), most);
  }

  #row(row: number): Float32Array {
    return this.#logits_NR.subarray(row * this.#size, (row + 1) * this.#size);
  }
}
