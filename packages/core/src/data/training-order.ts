import { permutation } from '../random/permutation.ts';

/**
 * The order in which windows are trained on: every window once per epoch, shuffled anew each time.
 *
 * It follows from (number of windows, seed) alone, and a place in it is one integer, the windows consumed so far: the
 * same however they are grouped into batches, and all that a resumed run needs.
 */
export class TrainingOrder {
  readonly #count: number;
  readonly #seed: number;
  #epoch = -1;
  #place: (index: number) => number = () => 0;

  constructor({ windows, seed }: { readonly windows: number; readonly seed: number }) {
    this.#count = windows;
    this.#seed = seed;
  }

  /**
   * @param consumed - windows consumed before this batch
   * @param size - windows in it
   * @returns their indices
   */
  batchAt(consumed: number, size: number): number[] {
    return Array.from({ length: size }, (_, index) => this.#windowAt(consumed + index));
  }

  #windowAt(cursor: number): number {
    const epoch = Math.floor(cursor / this.#count);
    if (epoch !== this.#epoch) {
      this.#place = permutation(this.#count, this.#seed, `training order, epoch ${epoch}`);
      this.#epoch = epoch;
    }
    return this.#place(cursor % this.#count);
  }
}
