import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanOf } from './mean.ts';

describe('meanOf', () => {
  it('averages numbers wherever they stand', () => {
    expect(
      meanOf([
        { a: 1, b: { c: [1, 2] } },
        { a: 3, b: { c: [3, 5] } },
      ]),
    ).toEqual({ a: 2, b: { c: [2, 3.5] } });
  });

  it('leaves out seeds for which nothing was observed, and is null where nobody observed anything', () => {
    expect(meanOf([{ rate: [0.5, null, null] }, { rate: [0.25, 1, null] }])).toEqual({ rate: [0.375, 1, null] });
  });

  it('averages a level that only some seeds reached over those', () => {
    expect(meanOf([[1], [3, 4]])).toEqual([2, 4]);
    expect(meanOf([{ a: 1 }, { a: 3, b: 5 }])).toEqual({ a: 2, b: 5 });
  });

  it('keeps what is no number where all agree, and says null where they differ', () => {
    const [a, b] = [
      { unit: 'bits', lossless: true, text: 'x', pieces: [{ t: 'x' }] },
      { unit: 'bits', lossless: false, text: 'y', pieces: [{ t: 'y' }] },
    ];
    expect(meanOf([a, b])).toEqual({ unit: 'bits', lossless: null, text: null, pieces: null });
  });

  it('is the value itself for one seed, or for equal ones', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 4 }), (value, seeds) => {
        const json = JSON.parse(JSON.stringify(value));
        expect(meanOf(Array.from({ length: seeds }, () => structuredClone(json)))).toEqual(json);
      }),
    );
  });

  it('does not depend on the order of keys', () => {
    expect(
      JSON.stringify(
        meanOf([
          { a: 1, b: 2 },
          { b: 4, a: 3 },
        ]),
      ),
    ).toBe(
      JSON.stringify(
        meanOf([
          { b: 2, a: 1 },
          { a: 3, b: 4 },
        ]),
      ),
    );
  });
});
