import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth } from './display-width.ts';
import { fitParts } from './fit-parts.ts';

const parts = [{ text: 'name' }, { text: 'first', keep: 1 }, { text: 'second', keep: 2 }, { text: 'end' }];

describe('fitParts', () => {
  it('leaves out what matters least, then cuts the first', () => {
    expect([24, 23, 17, 16, 9, 8, 6].map((columns) => fitParts(parts, columns))).toEqual([
      'name  first  second  end',
      'name  second  end',
      'name  second  end',
      'name  end',
      'name  end',
      'na…  end',
      '…  end',
    ]);
  });

  it('colours whole parts alone, and leaves out those without text', () => {
    const paint = (text: string) => `<${text}>`;
    const coloured = [{ text: 'aaaa', paint }, { text: '' }, { text: 'b', paint }];
    expect(fitParts(coloured, 7)).toBe('<aaaa>  <b>');
    expect(fitParts(coloured, 5)).toBe('<a…>  <b>');
    expect(fitParts(coloured, 4)).toBe('<…>  <b>');
    expect(fitParts(coloured, 3)).toBe('… …');
    expect(fitParts([], 5)).toBe('');
  });

  it('never gives more columns than there are', () => {
    const part = fc.record(
      { text: fc.string({ unit: 'grapheme' }).filter((text) => !/\p{C}/u.test(text)), keep: fc.nat(3) },
      { requiredKeys: ['text'] },
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), fc.integer({ min: 1, max: 50 }), (some, columns) => {
        expect(displayWidth(fitParts(some, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});
