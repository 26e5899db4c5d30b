import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenFile } from './token-file.ts';
import { documentAt, documentStarts, tokenWindows } from './token-windows.ts';

/** Tokens numbered through, so that each says where it is. */
const counting = { read: (start: number, count: number) => Int32Array.from({ length: count }, (_, at) => start + at) };
const splitOf = (lengths: readonly number[]) => ({
  file: counting as unknown as TokenFile,
  starts: documentStarts(lengths),
});
const lengths = fc.array(fc.nat(12), { minLength: 1, maxLength: 12 });

describe('windows', () => {
  it('of documents of 3, 0 and 5 tokens, laid end to end', () => {
    const windows = tokenWindows(splitOf([3, 0, 5]), { context: 2, maxOffset: 2 });
    expect(windows.count).toBe(3);
    expect(windows.read(0)).toEqual({ tokens: Int32Array.of(0, 1, 2, 3), document: Int32Array.of(0, 0, 0, 2) });
    expect(windows.read(1)).toEqual({ tokens: Int32Array.of(2, 3, 4, 5), document: Int32Array.of(0, 2, 2, 2) });
    expect(windows.read(2)).toEqual({ tokens: Int32Array.of(4, 5, 6, 7), document: Int32Array.of(2, 2, 2, 2) });
  });

  it('show every token as an input at most once, in order, each with maxOffset tokens behind it and its document', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 6 }), fc.nat(5), (documents, context, maxOffset) => {
        const owner = documents.flatMap((length, document) => Array<number>(length).fill(document));
        const windows = tokenWindows(splitOf(documents), { context, maxOffset });
        const inputs: number[] = [];
        for (let index = 0; index < windows.count; index++) {
          const { tokens, document } = windows.read(index);
          expect(tokens).toHaveLength(context + maxOffset);
          expect([...document]).toEqual([...tokens].map((token) => owner[token]));
          inputs.push(...tokens.subarray(0, context));
        }
        expect(inputs).toEqual(inputs.map((_, at) => at));
        // Nothing is left out that would have filled a window.
        expect(owner.length - inputs.length).toBeLessThan(context + Math.max(maxOffset, 1));
      }),
    );
  });

  it('beyond the last one, or before the first, are refused', () => {
    const windows = tokenWindows(splitOf([8]), { context: 2, maxOffset: 2 });
    for (const index of [3, -1, Number.NaN]) expect(() => windows.read(index)).toThrow(RangeError);
  });
});

describe('documentAt', () => {
  it('finds the document that holds a token, never an empty one', () => {
    fc.assert(
      fc.property(lengths, (documents) => {
        const starts = documentStarts(documents);
        const owner = documents.flatMap((length, document) => Array<number>(length).fill(document));
        expect(owner.map((_, token) => documentAt(starts, token))).toEqual(owner);
      }),
    );
  });
});
