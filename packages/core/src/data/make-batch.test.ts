// B windows, T inputs each.
import { ROOT } from '@foretoken/engine/nodes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Windows } from '../contracts/evaluation.ts';
import { makeBatch } from './make-batch.ts';

const windowsOf = (rows: readonly { tokens: number[]; document: number[] }[]): Windows => ({
  count: rows.length,
  read: (index) => ({ tokens: Int32Array.from(rows[index].tokens), document: Int32Array.from(rows[index].document) }),
});

describe('a batch', () => {
  const windows = windowsOf([
    { tokens: [1, 2, 3, 4, 5, 6], document: [0, 0, 0, 0, 0, 0] },
    { tokens: [10, 11, 12, 13, 14, 15], document: [3, 4, 4, 6, 6, 6] },
  ]);
  const batch = makeBatch(windows, [1, 0], { context: 4, maxOffset: 2 });

  it('holds the inputs of its windows, a row each, in the order asked for', () => {
    expect([batch.B, batch.T]).toEqual([2, 4]);
    expect([...batch.tokens_BT]).toEqual([10, 11, 12, 13, 1, 2, 3, 4]);
    expect([...batch.length_B]).toEqual([4, 4]);
  });

  it('starts positions and parents anew at each document', () => {
    expect([...batch.position_BT]).toEqual([0, 0, 1, 0, 0, 1, 2, 3]);
    expect([...batch.parent_BT]).toEqual([ROOT, ROOT, 1, ROOT, ROOT, 0, 1, 2]);
  });

  it('hides targets of the next document, but not the tokens ahead', () => {
    expect([...batch.target(1)]).toEqual([-1, 12, -1, 14, 2, 3, 4, 5]);
    expect([...batch.target(2)]).toEqual([-1, -1, -1, 15, 3, 4, 5, 6]);
    expect([...batch.ahead(1)]).toEqual([11, 12, 13, 14, 2, 3, 4, 5]);
    expect([...batch.ahead(2)]).toEqual([12, 13, 14, 15, 3, 4, 5, 6]);
  });

  it.each([0, 3, -1, 1.5])('has no offset %s', (offset) => {
    expect(() => batch.target(offset)).toThrow(RangeError);
    expect(() => batch.ahead(offset)).toThrow(RangeError);
  });

  it('never lets a target or a chain of parents leave its document, and drops no other target', () => {
    const length = 9;
    const row = fc.record({
      tokens: fc.array(fc.nat(255), { minLength: length, maxLength: length }),
      steps: fc.array(fc.constantFrom(0, 0, 0, 1, 3), { minLength: length, maxLength: length }),
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 8 }), (rows, maxOffset) => {
        const T = length - maxOffset;
        const full = rows.map(({ tokens, steps }) => {
          let document = 0;
          return { tokens, document: steps.map((step) => (document += step)) };
        });
        const made = makeBatch(
          windowsOf(full),
          full.map((_, index) => index),
          { context: T, maxOffset },
        );
        for (const [b, { tokens, document }] of full.entries()) {
          for (let t = 0; t < T; t++) {
            const start = document.indexOf(document[t]);
            expect(made.position_BT[b * T + t]).toBe(t - start);
            expect(made.parent_BT[b * T + t]).toBe(t === start ? ROOT : t - 1);
            for (let i = 1; i <= maxOffset; i++) {
              const isInside = document.lastIndexOf(document[t]) >= t + i;
              expect(made.target(i)[b * T + t]).toBe(isInside ? tokens[t + i] : -1);
            }
          }
        }
      }),
    );
  });
});
