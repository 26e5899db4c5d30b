import { Ansis } from 'ansis';
import { describe, expect, it } from 'vitest';
import { rowsText } from './rows-text.ts';

const bytes = { decode: (tokens: ArrayLike<number>) => Uint8Array.from(tokens) };
const emission = (prompt: number, text: string, finished?: 'length') => ({
  prompt,
  tokens: Int32Array.from(new TextEncoder().encode(text)),
  ...{ proposed: [], accepted: 0, ...(finished && { finished }) },
});

function shown(prompts: string[], isJson = false) {
  const written: string[] = [];
  const context = { colours: new Ansis(0), isJson, stream: (text: string) => void written.push(text) };
  return { rows: rowsText(context, bytes, { prompts, stops: [] }), written: () => written.join('') };
}

describe('text of rows that are decoded at once', () => {
  it('streams a single row behind its prompt', () => {
    const { rows, written } = shown(['ab']);
    rows.push(emission(0, 'c'));
    expect(written()).toBe('abc');
    rows.push(emission(0, 'd', 'length'));
    expect(written()).toBe('abcd\n');
    rows.end();
    expect(written()).toBe('abcd\n');
  });

  it('shows one row after the other, each whole, however their tokens mix', () => {
    const { rows, written } = shown(['a', 'b', 'c']);
    rows.push(emission(1, '1'));
    expect(written()).toBe('--- 1 of 3 ---\na');
    rows.push(emission(0, '0'));
    rows.push(emission(1, '1', 'length'));
    expect(written()).toBe('--- 1 of 3 ---\na0');
    rows.push(emission(0, '0', 'length'));
    // The second was over already; the third begins.
    expect(written()).toBe('--- 1 of 3 ---\na00\n\n--- 2 of 3 ---\nb11\n\n--- 3 of 3 ---\nc');
    rows.push(emission(2, '2'));
    rows.end();
    expect(written().endsWith('--- 3 of 3 ---\nc2\n')).toBe(true);
    expect(rows.plain).toEqual(['00', '11', '2']);
  });

  it('shows nothing beside JSON, and keeps the text', () => {
    const { rows, written } = shown(['a'], true);
    rows.push(emission(0, 'xyz', 'length'));
    rows.end();
    expect(written()).toBe('');
    expect(rows.plain).toEqual(['xyz']);
  });
});
