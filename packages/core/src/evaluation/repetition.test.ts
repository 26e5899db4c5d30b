import { describe, expect, it } from 'vitest';
import { distinctShare, repetition } from './repetition.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('the degeneracy guard', () => {
  it('counts distinct 4-grams as counted by hand', () => {
    expect(distinctShare([bytes('abcdefgh')])).toBe(1); // abcd bcde cdef defg efgh
    expect(distinctShare([bytes('eeeeeeee')])).toBe(1 / 5);
    expect(distinctShare([bytes('ten ten ten ')])).toBe(4 / 9); // "ten " "en t" "n te" " ten", over and over
    expect(distinctShare([bytes('abc')])).toBeNull();
    expect(distinctShare([new Uint8Array([0, 0, 0, 255]), new Uint8Array([255, 0, 0, 0])])).toBe(1);
  });

  it('does not take two texts that agree for repetition', () => {
    expect(distinctShare([bytes('abcdefgh'), bytes('abcdefgh')])).toBe(1);
  });

  it('calls a text degenerate below half of what the real text has, and not at half', () => {
    const text = [bytes('abcdefgh')];
    expect(repetition([bytes('eeeeeeee')], text)).toEqual({ distinct4: 0.2, textDistinct4: 1, degenerate: true });
    expect(repetition([bytes('ababababa')], [bytes('abcdefghi')])).toMatchObject({
      distinct4: 2 / 6,
      degenerate: true,
    });
    expect(repetition([bytes('abababa')], [bytes('abcdefg')])).toMatchObject({ distinct4: 0.5, degenerate: false });
    expect(repetition([bytes('eeeeeeee')], [bytes('ffffffff')])).toMatchObject({ degenerate: false });
  });

  it('compares equal lengths', () => {
    // 16 bytes of text against 8 generated: only the first 8 of the text count, which do not repeat.
    const seen = repetition([bytes('eeeeeeee')], [bytes('abcdefghaaaaaaaa')]);
    expect(seen).toMatchObject({ textDistinct4: 1, degenerate: true });
  });

  it('says nothing of texts too short to tell', () => {
    expect(repetition([bytes('eee')], [bytes('abc')])).toEqual({
      distinct4: null,
      textDistinct4: null,
      degenerate: false,
    });
  });
});
