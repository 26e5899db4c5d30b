/**
 * Where the runs of the last few tokens of a text came before: the longest such run, at its most recent place.
 *
 * A trie over runs read backwards, so that one walk from the end of the text finds the longest. Each token costs as many
 * steps as a run is long at most, however long the text.
 */
export class NgramIndex {
  readonly #maxNgram: number;
  readonly #vocabulary: number;
  /** Child of a trie node by `node * vocabulary + token`; node 0 is the empty run. */
  readonly #children = new Map<number, number>();
  /** Index of the token after the most recent place of each node's run. */
  readonly #after: number[] = [0];
  #numRead = 0;

  /** @param maxNgram - longest run that is compared, >= 1 */
  constructor(maxNgram: number, vocabulary: number) {
    this.#maxNgram = maxNgram;
    this.#vocabulary = vocabulary;
  }

  /**
   * @param text - what was given last time and more
   * @param minNgram - shortest run that counts, >= 1
   * @returns the index of the token after the run; undefined where none came before
   */
  find(text: readonly number[], minNgram: number): number | undefined {
    // A run that ends where the text ends has no token after it yet.
    for (let end = this.#numRead + 1; end < text.length; end++) this.#add(text, end);
    this.#numRead = Math.max(this.#numRead, text.length - 1);
    let node: number | undefined = 0;
    let found: number | undefined;
    for (let length = 1; length <= Math.min(this.#maxNgram, text.length); length++) {
      node = this.#children.get(node * this.#vocabulary + text[text.length - length]);
      if (node === undefined) break;
      if (length >= minNgram) found = this.#after[node];
    }
    return found;
  }

  #add(text: readonly number[], end: number): void {
    let node = 0;
    for (let length = 1; length <= Math.min(this.#maxNgram, end); length++) {
      const key = node * this.#vocabulary + text[end - length];
      let child = this.#children.get(key);
      if (child === undefined) {
        child = this.#after.length;
        this.#children.set(key, child);
      }
      node = child;
      this.#after[node] = end;
    }
  }
}
