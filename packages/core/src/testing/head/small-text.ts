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

/** A part of the text: some of its rows, and how many columns of them. */
export interface TextPart {
  readonly rows: readonly number[];
  readonly columns: number;
}

/**
 * The text, with one token exchanged if asked.
 * @param maxOffset - tokens behind each window
 * @param part - default: all of it
 */
export function smallText(maxOffset: number, exchanged?: Place, part?: TextPart): TokenBatch {
  const { B, T, vocabulary, boundary } = SMALL_TEXT;
  const random = createRandom(3, 'contract/text');
  const windows = Array.from({ length: B }, (_, row) => ({
    tokens: Int32Array.from({ length: T + maxOffset }, (_, column) => {
      const token = random.integer(vocabulary);
      const isExchanged = exchanged?.row === row && exchanged.column === column;
      return isExchanged ? (token + 1) % vocabulary : token;
    }),
    document: Int32Array.from({ length: T + maxOffset }, (_, column) => Number(row === B - 1 && column >= boundary)),
  }));
  const { rows = windows.map((_, row) => row), columns = T } = part ?? {};
  const all: Windows = { count: B, read: (index) => windows[index] };
  return makeBatch(all, rows, { context: columns, maxOffset });
}
