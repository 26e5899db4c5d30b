import type { Windows } from '../contracts/evaluation.ts';
import type { TokenFile } from './token-file.ts';

/** One split: its tokens on disk and where each document starts. */
export interface TokenSplit {
  readonly file: TokenFile;
  /** Start of each document, and the end of the last one: one longer than the number of documents. */
  readonly starts: Float64Array;
}

/** Running totals of the documents' tokens, from 0. */
export function documentStarts(tokens: readonly number[]): Float64Array {
  const starts = new Float64Array(tokens.length + 1);
  tokens.forEach((count, document) => {
    starts[document + 1] = starts[document] + count;
  });
  return starts;
}

/**
 * Windows over the documents of a split, laid end to end: window w begins at token w * context, so that every token
 * is an input at most once, and reaches maxOffset tokens further, so that every input has its targets. The tail that
 * fills no window is left out.
 */
export function tokenWindows(
  { file, starts }: TokenSplit,
  { context, maxOffset }: { readonly context: number; readonly maxOffset: number },
): Windows {
  const total = starts[starts.length - 1];
  const length = context + maxOffset;
  return {
    count: Math.max(0, Math.floor((total - maxOffset) / context)),
    read(index) {
      const start = index * context;
      if (!(index >= 0) || start + length > total) throw new RangeError(`there is no window ${index}`);
      return { tokens: file.read(start, length), document: documentsOf(starts, start, length) };
    },
  };
}

/** The number of the document that holds a token. */
export function documentAt(starts: Float64Array, token: number): number {
  let low = 0;
  let high = starts.length - 2;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle] <= token) low = middle;
    else high = middle - 1;
  }
  return low;
}

function documentsOf(starts: Float64Array, start: number, length: number): Int32Array {
  const document = new Int32Array(length);
  let current = documentAt(starts, start);
  for (let at = 0; at < length; at++) {
    while (start + at >= starts[current + 1]) current += 1;
    document[at] = current;
  }
  return document;
}
