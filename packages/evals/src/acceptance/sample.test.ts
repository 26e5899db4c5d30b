import type { Emission, Tokenizer } from '@foretoken/core/plugin';
import { describe, expect, it } from 'vitest';
import { generatedSample } from './sample.ts';

const tokenizer: Tokenizer = {
  vocabulary: 256,
  isBytes: true,
  encode: (bytes) => Int32Array.from(bytes),
  decode: (tokens) => Uint8Array.from(tokens),
};
const tokens = (text: string) => Int32Array.from(new TextEncoder().encode(text));
const emission = (ids: Int32Array, accepted: number): Emission => ({
  prompt: 0,
  tokens: ids,
  proposed: [1, 1, 1],
  accepted,
});

describe('a generated sample', () => {
  it('marks what was drafted and joins neighbours of one kind', () => {
    const emissions = [
      emission(tokens('a'), 0),
      emission(tokens('b'), 0),
      emission(tokens('cde'), 2),
      emission(tokens('fg'), 1),
      emission(tokens('hi'), 2),
    ];
    expect(generatedSample(tokenizer, { tokens: tokens('xyz') }, emissions)).toEqual({
      prompt: 'xyz',
      pieces: [
        { text: 'ab', drafted: false },
        { text: 'cd', drafted: true },
        { text: 'e', drafted: false },
        { text: 'f', drafted: true },
        { text: 'g', drafted: false },
        { text: 'hi', drafted: true },
      ],
    });
  });

  it('gives a character that two pieces share to the later one, and shows half a character at the end', () => {
    const euro = tokens('€'); // three bytes
    const emissions = [emission(euro.slice(0, 1), 0), emission(euro.slice(1), 1), emission(euro.slice(0, 2), 2)];
    expect(generatedSample(tokenizer, { tokens: tokens('x') }, emissions).pieces).toEqual([
      { text: '€', drafted: false },
      { text: '\ufffd', drafted: true },
    ]);
  });

  it('loses no text', () => {
    const text = 'déjà vu — 日本語 🙂';
    const ids = tokens(text);
    for (let size = 1; size < 6; size++) {
      const emissions: Emission[] = [];
      for (let at = 0; at < ids.length; at += size) emissions.push(emission(ids.slice(at, at + size), at % 2));
      const { pieces } = generatedSample(tokenizer, { tokens: ids }, emissions);
      expect(pieces.map((piece) => piece.text).join('')).toBe(text);
    }
  });
});
