import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NgramIndex } from './ngram-index.ts';

/** By the definition: compares every place with the end of the text, longest runs first, most recent places first. */
function bySearch(text: readonly number[], minNgram: number, maxNgram: number): number | undefined {
  for (let length = Math.min(maxNgram, text.length); length >= minNgram; length--) {
    for (let end = text.length - 1; end >= length; end--) {
      if (text.slice(end - length, end).every((token, i) => token === text[text.length - length + i])) return end;
    }
  }
  return undefined;
}

test('it finds what a search of the whole text finds, however the text grows', () => {
  const pieces = fc.array(fc.array(fc.nat(3), { maxLength: 5 }), { maxLength: 12 });
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 4 }), fc.nat(3), (pieces, minNgram, more) => {
      const index = new NgramIndex(minNgram + more, 4);
      const text: number[] = [];
      for (const piece of pieces) {
        text.push(...piece);
        expect(index.find(text, minNgram)).toBe(bySearch(text, minNgram, minNgram + more));
      }
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['nothing in an empty text', [], undefined],
  ['nothing where the last token is new', [1, 2, 3], undefined],
  ['the token after the only place', [1, 2, 1], 1],
  ['the most recent of two places', [1, 2, 1, 3, 1], 3],
  ['the longer run rather than the more recent', [7, 1, 2, 5, 1, 6, 7, 1], 2],
])('it finds %s', (_, text, expected) => {
  expect(new NgramIndex(3, 10).find(text, 1)).toBe(expected);
});

test('tokens at the border of the vocabulary are not mixed up with runs', () => {
  // 0 then 3 backwards must not share a key with 1 then ... of another node.
  expect(new NgramIndex(2, 4).find([3, 0, 2, 1, 0], 2)).toBeUndefined();
});
