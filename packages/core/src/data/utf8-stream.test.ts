import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Utf8Stream } from './utf8-stream.ts';

/** Cuts bytes at the given places. */
function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

function streamed(parts: readonly Uint8Array[]): string[] {
  const stream = new Utf8Stream();
  return [...parts.map((part) => stream.push(part)), stream.end()];
}

const cuts = fc.array(fc.nat());

describe('Utf8Stream', () => {
  it('holds a character back until all its bytes are there', () => {
    const [first, second, third, fourth] = Buffer.from('😀').values();
    const stream = new Utf8Stream();
    expect([first, second, third].map((byte) => stream.push(Uint8Array.of(byte)))).toEqual(['', '', '']);
    expect(stream.push(Uint8Array.of(fourth, 97))).toBe('😀a');
    expect(stream.end()).toBe('');
  });

  it('of any text in any pieces never gives a replacement character, and all of the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), cuts, (text, places) => {
        const given = streamed(pieces(Buffer.from(text), places));
        expect(given.join('')).toBe(text);
        expect(given.every((part) => text.includes(part) && Buffer.from(part).toString() === part)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('of any bytes in any pieces equals decoding the whole at once', () => {
    // Bytes that matter to UTF-8 more often than chance would bring them.
    const byte = fc.oneof(
      fc.nat(255),
      fc.constantFrom(0xc2, 0xe0, 0xed, 0xef, 0xbb, 0xbf, 0xf0, 0xf4, 0x80, 0x90, 0xa0),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 24 }), cuts, (values, places) => {
        const bytes = Uint8Array.from(values);
        expect(streamed(pieces(bytes, places)).join('')).toBe(Buffer.from(bytes).toString('utf8'));
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps a byte order mark, which is a character like any other', () => {
    expect(streamed([Uint8Array.of(0xef, 0xbb), Uint8Array.of(0xbf, 97)]).join('')).toBe('\ufeffa');
  });

  it('gives a replacement character for what is cut off at the end, and can start again', () => {
    const stream = new Utf8Stream();
    expect(stream.push(Uint8Array.of(0xe2, 0x82))).toBe('');
    expect(stream.end()).toBe('\ufffd');
    expect(stream.push(Buffer.from('€'))).toBe('€');
  });
});
