import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutPrompts } from './prompts.ts';
import type { TokenFile } from './token-file.ts';
import { documentStarts } from './token-windows.ts';

const counting = { read: (start: number, count: number) => Int32Array.from({ length: count }, (_, at) => start + at) };

/** Prompts, as the places where they start. */
function startsOf(lengths: readonly number[], count: number, length: number, name = 'eval'): number[] {
  const split = { file: counting as unknown as TokenFile, starts: documentStarts(lengths) };
  const ids = lengths.map((_, document) => `document ${document}`);
  return cutPrompts(split, ids, { count, length, name }).map(({ tokens }) => {
    expect(tokens).toHaveLength(length);
    return tokens[0];
  });
}

describe('prompts', () => {
  it('are the same every time, and others under another name', () => {
    expect(startsOf([500, 500], 8, 16)).toEqual(startsOf([500, 500], 8, 16));
    expect(startsOf([500, 500], 8, 16, 'bench')).not.toEqual(startsOf([500, 500], 8, 16));
  });

  it('lie inside one document each, whatever the documents', () => {
    const lengths = fc.array(fc.nat(20), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(
        lengths,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 10 }),
        (documents, count, length) => {
          fc.pre(documents.some((size) => size >= length));
          const owner = documents.flatMap((size, document) => Array<number>(size).fill(document));
          for (const start of startsOf(documents, count, length)) {
            expect(start + length).toBeLessThanOrEqual(owner.length);
            expect(owner[start + length - 1]).toBe(owner[start]);
          }
        },
      ),
    );
  });

  it('are spread evenly: one from each of as many equal stretches', () => {
    // 10 documents with 91 places each; 91 prompts, so one in every ten places.
    const places = startsOf(Array(10).fill(100), 91, 10).map((start) => Math.floor(start / 100) * 91 + (start % 100));
    expect(places.map((place) => Math.floor(place / 10))).toEqual(Array.from({ length: 91 }, (_, index) => index));
    expect(new Set(places.map((place) => place % 10)).size).toBeGreaterThan(5);
  });

  it('that fit in no document are refused, naming the longest', () => {
    expect(() => startsOf([3, 9, 9, 1], 1, 10)).toThrow(
      /DATA_TOO_SHORT: prompts of 10 tokens .* the longest held-out document, document 1, has 9/,
    );
  });

  it('may be as long as the longest document', () => {
    expect(startsOf([3, 9, 4], 2, 9)).toEqual([3, 3]);
  });
});
