import { describe, expect, it } from 'vitest';
import { cutToWidth, displayWidth, padToWidth } from './display-width.ts';

describe('the width of text on a terminal', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['größe', 5],
    ['e\u0301', 1],
    ['日本', 4],
    ['한', 2],
    ['\u{1f600}', 2],
    ['👩‍👩‍👧', 2],
    ['ｆｕ', 4],
    ['█░·…−±', 6],
    ['\u001b[31mred\u001b[39m', 3],
    ['\u200b', 0],
  ])('%j takes %i', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it('is kept to by cutting between characters, never within one', () => {
    expect(['abcdef', 'abc'].map((text) => cutToWidth(text, 3))).toEqual(['ab…', 'abc']);
    expect(cutToWidth('日本語', 4)).toBe('日…');
    expect(cutToWidth('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…');
    expect([cutToWidth('ab', 1), cutToWidth('ab', 0)]).toEqual(['…', '']);
  });

  it('is filled up', () => {
    expect(padToWidth('日', 4)).toBe('日  ');
    expect(padToWidth('long', 2)).toBe('long');
  });
});
