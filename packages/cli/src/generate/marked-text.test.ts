import { Ansis } from 'ansis';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markText } from './marked-text.ts';

const bytes = { decode: (tokens: ArrayLike<number>) => Uint8Array.from(tokens) };
const emission = (text: string | Uint8Array, accepted: number) => ({
  tokens: Int32Array.from(typeof text === 'string' ? new TextEncoder().encode(text) : text),
  accepted,
});

describe('markText', () => {
  it('puts accepted drafts in brackets where there are no colours, and keeps the bare text', () => {
    const text = markText(bytes, new Ansis(0));
    const written = text.push(emission('a', 0)) + text.push(emission('bcd', 2)) + text.push(emission('ef', 2));
    expect(written + text.end()).toBe('a[bc]d[ef]');
    expect(text.plain).toBe('abcdef');
  });

  it('colours accepted drafts where there are colours', () => {
    const text = markText(bytes, new Ansis(1));
    expect(text.push(emission('bcd', 2))).toBe('\u001b[32mbc\u001b[39md');
  });

  it('shows a terminal what a model says to it, and keeps the bare text', () => {
    const text = markText(bytes, new Ansis(1));
    expect(text.push(emission('a\u001b[2Jb', 3))).toBe('\u001b[32ma␛[\u001b[39m2Jb');
    expect(text.plain).toBe('a\u001b[2Jb');
  });

  it('never writes half a character', () => {
    const [first, second] = new TextEncoder().encode('é');
    const text = markText(bytes, new Ansis(0));
    expect(text.push(emission(Uint8Array.of(97, first), 1))).toBe('[a]');
    expect(text.push(emission(Uint8Array.of(second, 98), 0))).toBe('éb');
    expect(text.push(emission(Uint8Array.of(first), 0)) + text.end()).toBe('\ufffd');
    expect(text.plain).toBe('aéb\ufffd');
  });

  it('shows nothing of a text that stops, wherever it lies in tokens and drafts', () => {
    // "b;c" comes in three emissions, its last byte inside a draft with one byte behind it.
    const text = markText(bytes, new Ansis(0), ['b;c']);
    expect(text.push(emission('ab', 1))).toBe('[a]');
    expect(text.push(emission(';', 0))).toBe('');
    expect(text.push({ ...emission('cd', 2), stop: { string: 'b;c', excessBytes: 1 } })).toBe('');
    expect(text.end()).toBe('');
    expect(text.plain).toBe('a');
  });

  it('gives back what only looked like the beginning of a stop, with its marks', () => {
    const text = markText(bytes, new Ansis(0), ['aab', 'zz']);
    expect(text.push(emission('a', 1))).toBe('');
    expect(text.push(emission('a', 0))).toBe('');
    // The first of three can begin "aab" no more; the last two still can.
    expect(text.push(emission('a', 0))).toBe('[a]');
    expect(text.push(emission('c', 0))).toBe('aac');
    expect(text.push(emission('az', 0))).toBe('a');
    expect(text.end()).toBe('z');
    expect(text.plain).toBe('aaacaz');
  });

  it('shows what a token that stops says', () => {
    const text = markText(bytes, new Ansis(0), ['xy']);
    expect(text.push({ ...emission('ax', 0), stop: { token: 120 } })).toBe('ax');
  });

  /** By brute force: where the first stop to end ends, and where the longest that ends there starts. */
  function firstStop(text: string, stops: readonly string[]): { start: number; end: number } | undefined {
    for (let end = 1; end <= text.length; end++) {
      const ending = stops.filter((stop) => text.slice(0, end).endsWith(stop));
      if (ending.length > 0) return { start: end - Math.max(...ending.map(({ length }) => length)), end };
    }
    return undefined;
  }

  it('shows all before the first stop and nothing of it, and holds back no more than a stop is long', () => {
    const word = (maxLength: number) => fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength });
    fc.assert(
      fc.property(fc.array(word(4), { maxLength: 8 }), fc.array(word(4), { maxLength: 3 }), (pieces, stops) => {
        const found = firstStop(pieces.join(''), stops);
        const wanted = pieces.join('').slice(0, found?.start);
        const longest = Math.max(0, ...stops.map(({ length }) => length - 1));
        const text = markText(bytes, new Ansis(0), stops);
        let sent = 0;
        for (const piece of pieces) {
          sent += piece.length;
          const isLast = found !== undefined && sent >= found.end;
          const string = found ? pieces.join('').slice(found.start, found.end) : '';
          const excessBytes = sent - (found?.end ?? 0);
          text.push({ ...emission(piece, 0), ...(isLast && { stop: { string, excessBytes } }) });
          expect(wanted.startsWith(text.plain)).toBe(true);
          if (isLast) break;
          expect(text.plain.length).toBeGreaterThanOrEqual(sent - longest);
        }
        text.end();
        expect(text.plain).toBe(wanted);
      }),
      { numRuns: 500 },
    );
  });
});
