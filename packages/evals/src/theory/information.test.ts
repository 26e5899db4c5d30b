import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conditionalCrossEntropy, entropies, type Joint, relativeEntropies } from './information.ts';

/** Counts of up to 6x6 cells; `from` 1 leaves no cell empty. */
const tables = (from: number) =>
  fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })).chain(([X, Y]) => {
    const row = fc.array(fc.integer({ min: from, max: 1000 }), { minLength: Y, maxLength: Y });
    const counts = fc.array(row, { minLength: X, maxLength: X });
    return counts.filter((table) => table.flat().some((count) => count > 0)).map(distribution);
  });

/** A truth with empty cells, and a model of the same size that rules nothing out. */
const pairs = tables(0).chain((p) => {
  const row = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: p[0].length, maxLength: p[0].length });
  const q = fc.array(row, { minLength: p.length, maxLength: p.length }).map(distribution);
  return fc.tuple(fc.constant(p), q);
});

function distribution(counts: readonly (readonly number[])[]): Joint {
  const total = counts.flat().reduce((sum, count) => sum + count, 0);
  return counts.map((row) => row.map((count) => count / total));
}

const WITHIN = 1e-12;

describe('the entropies of two variables', () => {
  it('are those computed by hand for a coin that is copied, and for one that is tossed again', () => {
    const bit = Math.LN2;
    const copied = [
      [0.5, 0],
      [0, 0.5],
    ];
    expect(entropies(copied)).toEqual({ x: bit, y: bit, xGivenY: 0, yGivenX: 0, mutual: bit });
    const again = [
      [0.25, 0.25],
      [0.25, 0.25],
    ];
    expect(entropies(again)).toEqual({ x: bit, y: bit, xGivenY: bit, yGivenX: bit, mutual: 0 });
  });

  it('are those computed by hand for three cells', () => {
    // p(0,0) = p(0,1) = 1/4, p(1,1) = 1/2: X is even, Y is 1 in three of four, and knowing Y = 0 gives X away.
    const found = entropies([
      [0.25, 0.25],
      [0, 0.5],
    ]);
    expect(found.x).toBeCloseTo(Math.LN2, 14);
    expect(found.y).toBeCloseTo(0.25 * Math.log(4) + 0.75 * Math.log(4 / 3), 14);
    expect(found.yGivenX).toBeCloseTo(Math.LN2 / 2, 14);
    expect(found.xGivenY).toBeCloseTo(0.75 * (Math.log(3) / 3 + (2 / 3) * Math.log(1.5)), 14);
  });

  it('add up: H(X) + H(Y) = H(X|Y) + 2 I(X;Y) + H(Y|X), empty cells included', () => {
    fc.assert(
      fc.property(tables(0), (joint) => {
        const { x, y, xGivenY, yGivenX, mutual } = entropies(joint);
        expect(Math.abs(x + y - (xGivenY + 2 * mutual + yGivenX))).toBeLessThan(WITHIN);
        expect(mutual).toBeGreaterThan(-WITHIN);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the cross-entropies of a model', () => {
  it('obey lemma L.3: H(p_X, q_X) = H(p_{X|Y}, q_{X|Y}) + I_{p||q}(X;Y), and so the sum of the two losses', () => {
    fc.assert(
      fc.property(pairs, ([p, q]) => {
        const { x, y, xGivenY, yGivenX, mutual } = relativeEntropies(p, q);
        expect(Math.abs(x - (xGivenY + mutual))).toBeLessThan(WITHIN);
        expect(Math.abs(y - (yGivenX + mutual))).toBeLessThan(WITHIN);
        expect(Math.abs(x + y - (xGivenY + 2 * mutual + yGivenX))).toBeLessThan(WITHIN);
      }),
      { numRuns: 500 },
    );
  });

  it('are the entropies of the truth when the model is exact, and larger otherwise', () => {
    fc.assert(
      fc.property(pairs, ([p, q]) => {
        const exact = relativeEntropies(p, p);
        for (const [name, value] of Object.entries(entropies(p))) {
          expect(Math.abs(exact[name as keyof typeof exact] - value)).toBeLessThan(WITHIN);
        }
        expect(conditionalCrossEntropy(p, q)).toBeGreaterThan(conditionalCrossEntropy(p, p) - WITHIN);
      }),
    );
  });

  it('say that a model which sees a dependence where there is none loses by it', () => {
    const p = [
      [0.25, 0.25],
      [0.25, 0.25],
    ];
    const q = [
      [0.4, 0.1],
      [0.1, 0.4],
    ];
    // log q(x,y) - log q(x) - log q(y), averaged: (log 1.6 + log 0.4) / 2.
    expect(relativeEntropies(p, q).mutual).toBeCloseTo((Math.log(1.6) + Math.log(0.4)) / 2, 14);
    expect(relativeEntropies(p, q).mutual).toBeLessThan(0);
  });

  it('are infinite where the model rules out what happens', () => {
    expect(relativeEntropies([[0.5], [0.5]], [[1], [0]]).x).toBe(Number.POSITIVE_INFINITY);
  });
});
