import { createRandom } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import { entropies } from './information.ts';
import { markovSource, sampleMarkov, trueTwoTokenTerms } from './markov-source.ts';
import { estimateTwoTokenTerms, type PositionLosses, positionLosses } from './two-token-terms.ts';

/** Four symbols, none of which is followed by all of them alike. */
const source = markovSource([
  [0.7, 0.1, 0.1, 0.1],
  [0.05, 0.05, 0.8, 0.1],
  [0, 0.2, 0.2, 0.6],
  [0.4, 0.3, 0.3, 0],
]);

describe('a Markov source', () => {
  it('has the stationary shares that a step leaves as they are', () => {
    const { stationary, transitions } = source;
    for (const [b, share] of stationary.entries()) {
      const after = stationary.reduce((sum, p, a) => sum + p * transitions[a][b], 0);
      expect(Math.abs(after - share)).toBeLessThan(1e-14);
    }
    expect(stationary.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 14);
  });

  it('has them when it alternates, too', () => {
    const { stationary } = markovSource([
      [0, 1],
      [1, 0],
    ]);
    expect(stationary).toEqual([0.5, 0.5]);
  });

  it('has the terms that the joint distributions of the next two symbols give, averaged over what comes before', () => {
    const terms = trueTwoTokenTerms(source);
    const byContext = source.stationary.map((share, c) => ({
      share,
      of: entropies(source.transitions[c].map((p, x) => source.transitions[x].map((q) => p * q))),
    }));
    const mean = (name: 'x' | 'y' | 'xGivenY' | 'yGivenX' | 'mutual') =>
      byContext.reduce((sum, { share, of }) => sum + share * of[name], 0);
    expect(terms.next).toBeCloseTo(mean('x'), 12);
    expect(terms.second).toBeCloseTo(mean('y'), 12);
    expect(terms.nextGivenSecond).toBeCloseTo(mean('xGivenY'), 12);
    expect(terms.secondGivenNext).toBeCloseTo(mean('yGivenX'), 12);
    expect(terms.mutualInformation).toBeCloseTo(mean('mutual'), 12);
  });

  it('draws pairs as often as it says', () => {
    const symbols = sampleMarkov(source, 200_000, createRandom(1, 'pairs'));
    const counts = source.transitions.map((row) => row.map(() => 0));
    for (let t = 0; t + 1 < symbols.length; t++) counts[symbols[t]][symbols[t + 1]]++;
    for (const [a, row] of source.transitions.entries()) {
      for (const [b, p] of row.entries()) {
        const expected = source.stationary[a] * p;
        // Five standard errors of a share, doubled for the chain's memory.
        const allowed = 10 * Math.sqrt((expected * (1 - expected)) / symbols.length);
        expect(Math.abs(counts[a][b] / symbols.length - expected)).toBeLessThanOrEqual(allowed);
      }
    }
  });
});

describe('the estimate of the terms', () => {
  it('is that computed by hand for two positions', () => {
    const losses: PositionLosses[] = [
      { next: 1, second: 3, secondGivenNext: 2 },
      { next: 2, second: 4, secondGivenNext: 1 },
    ];
    // Gains 1 and 3: mean 2, variance 1.
    expect(estimateTwoTokenTerms(losses)).toEqual({
      next: 1.5,
      second: 3.5,
      nextGivenSecond: -0.5,
      secondGivenNext: 1.5,
      mutualInformation: 2,
      standardError: Math.SQRT1_2,
      positions: 2,
    });
    expect(estimateTwoTokenTerms([])).toBeUndefined();
  });

  it('adds up as the theory says: H(X) + H(Y) = H(X|Y) + 2 I(X;Y) + H(Y|X)', () => {
    const random = createRandom(2, 'losses');
    const losses = Array.from({ length: 50 }, () => ({
      next: random.uniform(),
      second: random.uniform(),
      secondGivenNext: random.uniform(),
    }));
    const { next, second, nextGivenSecond, secondGivenNext, mutualInformation } = estimateTwoTokenTerms(losses)!;
    expect(next + second).toBeCloseTo(nextGivenSecond + 2 * mutualInformation + secondGivenNext, 12);
  });

  it('finds the truth with an exact model, within four standard errors', () => {
    const { transitions } = source;
    const symbols = sampleMarkov(source, 100_000, createRandom(3, 'exact'));
    const afterTwo = transitions.map((row) =>
      row.map((_, y) => row.reduce((sum, p, x) => sum + p * transitions[x][y], 0)),
    );
    const losses = Array.from({ length: symbols.length - 2 }, (_, t): PositionLosses => {
      const [c, x, y] = [symbols[t], symbols[t + 1], symbols[t + 2]];
      return {
        next: -Math.log(transitions[c][x]),
        second: -Math.log(afterTwo[c][y]),
        secondGivenNext: -Math.log(transitions[x][y]),
      };
    });
    const found = estimateTwoTokenTerms(losses)!;
    const truth = trueTwoTokenTerms(source);
    expect(Math.abs(found.mutualInformation - truth.mutualInformation)).toBeLessThan(4 * found.standardError);
    for (const name of ['next', 'second', 'nextGivenSecond', 'secondGivenNext'] as const) {
      expect(Math.abs(found[name] - truth[name])).toBeLessThan(0.02);
    }
  });
});

describe('the losses of positions', () => {
  const nan = Number.NaN;

  it('pair an offset-2 loss with the offset-1 loss of the same token, one position on', () => {
    const nats = [Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)];
    expect([...positionLosses([1, 2], [{ nats }])]).toEqual([
      { next: 1, second: 4, secondGivenNext: 2 },
      { next: 2, second: 5, secondGivenNext: 3 },
    ]);
  });

  it('leave out positions of which one is not scored, and models without offset 2', () => {
    const nats = [Float32Array.of(1, 2, nan, 4), Float32Array.of(5, nan, 7, 8)];
    expect([...positionLosses([1, 2], [{ nats }])]).toEqual([{ next: 1, second: 5, secondGivenNext: 2 }]);
    expect([...positionLosses([1, 3], [{ nats }])]).toEqual([]);
  });

  it('find offset 2 where it stands among the offsets', () => {
    const nats = [Float32Array.of(1, 2), Float32Array.of(9, 9), Float32Array.of(3, 3)];
    expect([...positionLosses([1, 3, 2], [{ nats }])]).toEqual([{ next: 1, second: 3, secondGivenNext: 2 }]);
  });
});
