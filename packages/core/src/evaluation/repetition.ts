/** Whether generated text repeats itself. */
export type Repetition = {
  /** Distinct 4-grams of bytes over all 4-grams, within each continuation; null if no continuation has four bytes. */
  readonly distinct4: number | null;
  /** The same of the held-out text that really follows the same prompts, cut to the same lengths. */
  readonly textDistinct4: number | null;
  /** distinct4 is below half of the text's: what acceptance says of this model means nothing. */
  readonly degenerate: boolean;
};

/**
 * The degeneracy guard: an undertrained model falls into a loop, its heads guess the loop, and acceptance soars.
 *
 * @param generated - bytes of each continuation
 * @param text - bytes that really follow the same prompts
 * @source ours
 */
export function repetition(generated: readonly Uint8Array[], text: readonly Uint8Array[]): Repetition {
  const lengths = generated.map((bytes, i) => Math.min(bytes.length, text[i].length));
  const distinct4 = distinctShare(generated.map((bytes, i) => bytes.subarray(0, lengths[i])));
  const textDistinct4 = distinctShare(text.map((bytes, i) => bytes.subarray(0, lengths[i])));
  const degenerate = distinct4 !== null && textDistinct4 !== null && distinct4 < textDistinct4 / 2;
  return { distinct4, textDistinct4, degenerate };
}

/**
 * Distinct 4-grams over all 4-grams, counted within each text: two texts that agree do not count as repetition.
 *
 * @returns in (0, 1]; null if no text has four bytes
 */
export function distinctShare(texts: readonly Uint8Array[]): number | null {
  let distinct = 0;
  let total = 0;
  for (const bytes of texts) {
    const seen = new Set<number>();
    for (let i = 0; i + 4 <= bytes.length; i++) {
      seen.add(bytes[i] * 2 ** 24 + bytes[i + 1] * 2 ** 16 + bytes[i + 2] * 2 ** 8 + bytes[i + 3]);
      total++;
    }
    distinct += seen.size;
  }
  return total === 0 ? null : distinct / total;
}
