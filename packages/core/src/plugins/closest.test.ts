import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { closest, didYouMean, editDistance } from './closest.ts';

/** The definition of optimal string alignment, word for word: slow, and nobody's optimization. */
function byDefinition(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const rest = [
    byDefinition(a.slice(0, -1), b) + 1,
    byDefinition(a, b.slice(0, -1)) + 1,
    byDefinition(a.slice(0, -1), b.slice(0, -1)) + (a.at(-1) === b.at(-1) ? 0 : 1),
  ];
  if (a.length > 1 && b.length > 1 && a.at(-1) === b.at(-2) && a.at(-2) === b.at(-1)) {
    rest.push(byDefinition(a.slice(0, -2), b.slice(0, -2)) + 1);
  }
  return Math.min(...rest);
}

describe('suggestions for a mistyped word', () => {
  test('the edit distance is that of its definition', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 5 });
    fc.assert(fc.property(word, word, (a, b) => editDistance(a, b) === byDefinition(a, b)));
  });

  test.each([
    ['medusaa', 'medusa'],
    ['meduas', 'medusa'],
    ['Medusa', 'medusa'],
    ['paralel', 'parallel'],
  ])('%s means %s', (word, meant) => {
    expect(closest(word, ['linear', 'parallel', 'medusa', 'causal'])).toBe(meant);
  });

  test('a word that is like none of them means none of them', () => {
    expect(closest('transformer', ['linear', 'parallel'])).toBeUndefined();
    expect(closest('b', ['a'])).toBeUndefined();
    expect(didYouMean('transformer', ['linear'])).toBe('');
  });

  test('a tie goes to the first in alphabetical order', () => {
    expect(closest('cat', ['hat', 'bat'])).toBe('bat');
  });

  test('the suggestion follows a sentence', () => {
    expect(didYouMean('liner', ['linear'])).toBe(' Did you mean "linear"?');
  });
});
