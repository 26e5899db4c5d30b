import { Ansis } from 'ansis';
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

  it('never writes half a character', () => {
    const [first, second] = new TextEncoder().encode('é');
    const text = markText(bytes, new Ansis(0));
    expect(text.push(emission(Uint8Array.of(97, first), 1))).toBe('[a]');
    expect(text.push(emission(Uint8Array.of(second, 98), 0))).toBe('éb');
    expect(text.push(emission(Uint8Array.of(first), 0)) + text.end()).toBe('\ufffd');
    expect(text.plain).toBe('aéb\ufffd');
  });
});
