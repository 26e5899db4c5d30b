import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Stop, StopWatch } from './stops.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** Token t is the t-th of some pieces of text. */
const tokenizerOf = (pieces: readonly (string | Uint8Array)[]) => ({
  decode: (tokens: ArrayLike<number>) =>
    Buffer.concat(Array.from(tokens, (token) => Buffer.from(pieces[token] as Uint8Array))),
});

/** What stops a text of tokens, and at which of them. */
function firstStop(watch: StopWatch, tokens: readonly number[]): (Stop & { at: number }) | undefined {
  for (const [at, token] of tokens.entries()) {
    const stop = watch.push(token);
    if (stop) return { ...stop, at };
  }
  return undefined;
}

test('a text may lie across tokens, and what the last one holds behind it is counted in bytes', () => {
  const watch = new StopWatch({ strings: ['</end>'] }, tokenizerOf(['a</', 'en', 'd>é']));
  expect(firstStop(watch, [0, 1, 2])).toEqual({ string: '</end>', excessBytes: 2, at: 2 });
});

test('half a character in each of two tokens is the character', () => {
  const [first, second] = bytes('é');
  const watch = new StopWatch({ strings: ['é'] }, tokenizerOf([Uint8Array.of(first), Uint8Array.of(second)]));
  expect(firstStop(watch, [0, 1])).toEqual({ string: 'é', excessBytes: 0, at: 1 });
});

test('a false start does not hide the true one', () => {
  const watch = new StopWatch({ strings: ['aab'] }, tokenizerOf(['a', 'b']));
  expect(firstStop(watch, [0, 0, 0, 1])).toEqual({ string: 'aab', excessBytes: 0, at: 3 });
});

test('a token that stops does so whatever its text is, and is named', () => {
  const watch = new StopWatch({ tokens: [1], strings: ['b'] }, tokenizerOf(['a', 'b']));
  expect(firstStop(watch, [0, 1])).toEqual({ token: 1, at: 1 });
  expect(firstStop(new StopWatch({ tokens: [1] }), [0, 0])).toBeUndefined();
  expect(firstStop(new StopWatch(), [0, 1])).toBeUndefined();
});

test('of several texts the one that ends first stops, the longest of those', () => {
  const pieces = tokenizerOf(['xabcy']);
  expect(new StopWatch({ strings: ['bcy', 'ab', 'abc'] }, pieces).push(0)).toEqual({ string: 'ab', excessBytes: 2 });
  expect(new StopWatch({ strings: ['c', 'bc', 'abc'] }, pieces).push(0)).toEqual({ string: 'abc', excessBytes: 1 });
});

test('however a text is cut into tokens, it stops at the token that completes the first of the strings', () => {
  const piece = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 3 });
  const string = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 5 });
  const tokens = fc.array(fc.nat({ max: 3 }), { maxLength: 20 });
  const pieces = fc.array(piece, { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(pieces, fc.array(string, { minLength: 1, maxLength: 4 }), tokens, (texts, strings, text) => {
      const found = firstStop(new StopWatch({ strings }, tokenizerOf(texts)), text);
      expect(found).toEqual(
        bruteForce(
          text.map((token) => texts[token]),
          strings,
        ),
      );
    }),
    { numRuns: 2000 },
  );
});

test('a copy goes on from where it was made, apart from the original', () => {
  const watch = new StopWatch({ strings: ['abc'], tokens: [3] }, tokenizerOf(['a', 'b', 'c', 'd']));
  watch.push(0);
  watch.push(1);
  const copy = watch.copy();
  watch.push(0);
  expect(watch.push(2)).toBeUndefined();
  expect(copy.push(2)).toEqual({ string: 'abc', excessBytes: 0 });
  expect(copy.push(3)).toEqual({ token: 3 });
});

/** Looks through the whole text after every token. */
function bruteForce(pieces: readonly string[], strings: readonly string[]) {
  let text = '';
  for (const [at, piece] of pieces.entries()) {
    text += piece;
    const ends = strings
      .filter((string) => text.includes(string))
      .map((string) => ({ string, end: text.indexOf(string) + string.length }))
      .sort((a, b) => a.end - b.end || b.string.length - a.string.length);
    if (ends.length > 0) return { string: ends[0].string, excessBytes: text.length - ends[0].end, at };
  }
  return undefined;
}
