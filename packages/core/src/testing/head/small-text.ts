// B rows, T positions.
import type { Windows } from '../../contracts/evaluation.ts';
import { makeBatch, type TokenBatch } from '../../data/make-batch.ts';
import { createRandom } from '../../random/random.ts';

/** Sizes of the text that heads are checked on. In the last row a second document starts at column `boundary`. */
export const SMALL_TEXT = { B: 2, T: 6, vocabulary: 11, boundary: 3 } as const;

/** A token of the text, by row and column; columns go on past T for the targets. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

/**
 * The text, with one token exchanged if asked.
 * @param maxOffset - tokens behind each window
 */
export function smallText(maxOffset: number, exchanged?: Place): TokenBatch {
  const { B, T, vocabulary, boundary } = SMALL_TEXT;
  const random = createRandom(3, 'contract/text');
  const rows = Array.from({ length: B }, (_, row) => ({
    tokens: Int32Array.from({ length: T + maxOffset }, (_, column) => {
      const token = random.integer(vocabulary);
      const isExchanged = exchanged?.row === row && exchanged.column === column;
      return isExchanged ? (token + 1) % vocabulary : token;
    }),
    document: Int32Array.from({ length: T + maxOffset }, (_, column) => Number(row === B - 1 && column >= boundary)),
  }));
  const windows: Windows = { count: B, read: (index) => rows[index] };
  return makeBatch(windows, [0, 1], { context: T, maxOffset });
}
