import type { Sampler } from '@foretoken/core';
import { ColumnPlaces } from './chunk.ts';

/**
 * One row: its tokens, and what earlier forwards left for its offsets to read.
 *
 * Columns are numbered from 0. The last token is *pending*: no forward has read it, so a row of L tokens has L - 1
 * columns. Offset i at column c predicts token c + i; a draft of level k therefore comes from offset k + 1 at the last
 * column.
 */
export class Row {
  readonly id: number;
  /** What makes distributions of logits; absent where they are the model's own. */
  readonly sampler: Sampler | undefined;
  /** Whether a verdict has been given since the row was opened: heads draft only from then on. */
  hasVerdict = false;
  /** Its place among the rows of the last verifying forward. */
  lane = 0;
  /** What the trunk, and the offsets that ran along with it, left at each column. */
  readonly columns: ColumnPlaces;
  readonly #tokens: Int32Array;
  #length = 0;
  readonly #carries = new Map<number, ColumnPlaces>();
  readonly #read = new Map<number, number>();

  /** @param context - most tokens that the row may hold */
  constructor(id: number, context: number, sampler?: Sampler, columns = new ColumnPlaces()) {
    this.id = id;
    this.sampler = sampler;
    this.columns = columns;
    this.#tokens = new Int32Array(context);
  }

  /** A copy under a new id, pointing into the same chunks. */
  fork(id: number): Row {
    const copy = new Row(id, this.#tokens.length, this.sampler, this.columns.copy());
    copy.#tokens.set(this.#tokens);
    copy.#length = this.#length;
    copy.hasVerdict = this.hasVerdict;
    for (const [offset, places] of this.#carries) copy.#carries.set(offset, places.copy());
    for (const [offset, columns] of this.#read) copy.#read.set(offset, columns);
    return copy;
  }

  /** Tokens kept so far, the pending one included. */
  get length(): number {
    return this.#length;
  }

  /** Kept token number `index`, from 0. */
  tokenAt(index: number): number {
    return this.#tokens[index];
  }

  /** The first `length` tokens and the candidates that follow them. */
  seen(length: number, path: readonly number[]): Int32Array {
    const seen_S = new Int32Array(length + path.length);
    seen_S.set(this.#tokens.subarray(0, length));
    seen_S.set(path, length);
    return seen_S;
  }

  /** Columns that the trunk has read. */
  get numColumns(): number {
    return this.#length - 1;
  }

  get pending(): number {
    return this.#tokens[this.#length - 1];
  }

  set pending(token: number) {
    this.#tokens[this.#length - 1] = token;
  }

  /** Tokens that still fit. */
  get room(): number {
    return this.#tokens.length - this.#length;
  }

  push(token: number): void {
    this.#tokens[this.#length++] = token;
  }

  /** Columns that an offset has read for good. */
  readBy(offset: number): number {
    return this.#read.get(offset) ?? 0;
  }

  setReadBy(offset: number, columns: number): void {
    this.#read.set(offset, columns);
  }

  /** What an offset left for its neighbour at each column that it has read for good. */
  carriesOf(offset: number): ColumnPlaces {
    const known = this.#carries.get(offset);
    if (known) return known;
    const places = new ColumnPlaces();
    // What the next offset read at once, running along with this one, was never kept.
    places.dropBefore(this.readBy(offset + 1));
    this.#carries.set(offset, places);
    return places;
  }

  /** Lets go of carries that the next offset has read for good. */
  dropReadCarries(): void {
    if (this.#carries.size === 0) return;
    for (const [offset, places] of this.#carries) places.dropBefore(this.readBy(offset + 1));
  }

  /** Lets go of everything that lives in chunks. */
  release(): void {
    this.columns.clear();
    for (const places of this.#carries.values()) places.clear();
  }
}
