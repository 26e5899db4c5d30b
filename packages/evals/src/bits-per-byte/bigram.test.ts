import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BigramCounts, fitBigram, leaveOneOut } from './bigram.ts';

function countsOf(tokens: readonly number[], vocabulary: number): BigramCounts {
  const counts = new BigramCounts(vocabulary);
  for (let t = 0; t + 1 < tokens.length; t++) counts.add(tokens[t], tokens[t + 1]);
  return counts;
}

describe('the bigram model', () => {
  it('gives the probabilities computed by hand for three symbols', () => {
    // a b a b a c (0 1 0 1 0 2): pairs ab ab ba ba ac. Unigram of what follows, one added: a (2+1)/8, b 3/8, c 2/8.
    const { alpha, nats } = fitBigram(countsOf([0, 1, 0, 1, 0, 2], 3));
    const p = (before: number, after: number) => Math.exp(-nats(before, after));
    expect(p(0, 1)).toBeCloseTo((2 + (alpha * 3) / 8) / (3 + alpha), 12);
    expect(p(0, 2)).toBeCloseTo((1 + (alpha * 2) / 8) / (3 + alpha), 12);
    expect(p(0, 0)).toBeCloseTo((0 + (alpha * 3) / 8) / (3 + alpha), 12);
    expect(p(1, 0)).toBeCloseTo((2 + (alpha * 3) / 8) / (2 + alpha), 12);
    expect(p(2, 1)).toBeCloseTo(3 / 8, 12); // nothing ever followed c: the unigram
  });

  it('scores a held-out pair by hand when alpha is forced by the data', () => {
    // 0 is always followed by 1, and 1 by 0: without a pair left over, every other count supports it, so the least
    // prior wins.
    const tokens = Array.from({ length: 41 }, (_, t) => t % 2);
    const { alpha, nats } = fitBigram(countsOf(tokens, 2));
    expect(alpha).toBe(2 ** -6);
    expect(nats(0, 1)).toBeCloseTo(-Math.log((20 + (alpha * 21) / 42) / (20 + alpha)), 12);
  });

  const text = fc
    .integer({ min: 2, max: 5 })
    .chain((vocabulary) =>
      fc.tuple(
        fc.constant(vocabulary),
        fc.array(fc.integer({ min: 0, max: vocabulary - 1 }), { minLength: 3, maxLength: 60 }),
      ),
    );

  it('is a distribution after every token', () => {
    fc.assert(
      fc.property(text, ([vocabulary, tokens]) => {
        const { nats } = fitBigram(countsOf(tokens, vocabulary));
        for (let a = 0; a < vocabulary; a++) {
          let sum = 0;
          for (let b = 0; b < vocabulary; b++) sum += Math.exp(-nats(a, b));
          expect(sum).toBeCloseTo(1, 9);
        }
      }),
    );
  });

  it('leaves each pair out as a fit to all the others would', () => {
    fc.assert(
      fc.property(text, fc.constantFrom(0.25, 1, 8), ([vocabulary, tokens], alpha) => {
        const pairs = tokens.slice(1).map((after, t) => [tokens[t], after] as const);
        let expected = 0;
        for (const [left, [before, after]] of pairs.entries()) {
          const others = pairs.filter((_, i) => i !== left);
          const both = others.filter(([a, b]) => a === before && b === after).length;
          const first = others.filter(([a]) => a === before).length;
          const unigram = (others.filter(([, b]) => b === after).length + 1) / (others.length + vocabulary);
          expected += Math.log((both + alpha * unigram) / (first + alpha));
        }
        expect(leaveOneOut(countsOf(tokens, vocabulary), alpha)).toBeCloseTo(expected, 8);
      }),
    );
  });

  it('picks, of all powers of two on offer, the alpha that leave-one-out likes best', () => {
    fc.assert(
      fc.property(text, ([vocabulary, tokens]) => {
        const counts = countsOf(tokens, vocabulary);
        const chosen = leaveOneOut(counts, fitBigram(counts).alpha);
        for (let k = -6; k <= 14; k++) expect(leaveOneOut(counts, 2 ** k)).toBeLessThanOrEqual(chosen);
      }),
    );
  });
});
