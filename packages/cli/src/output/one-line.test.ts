import { describe, expect, it } from 'vitest';
import { oneLine } from './one-line.ts';

describe('oneLine', () => {
  it('shows what a terminal would obey', () => {
    expect(oneLine('a\u001b[2Jb\nc\td\u007f')).toBe('a\u241b[2Jb\u240ac\u2409d\u2421');
    expect(oneLine('\u009b31m \u202egpj.exe \u2028 \u2066')).toBe('\ufffd31m \ufffdgpj.exe \ufffd \ufffd');
  });

  it('leaves every other text as it is', () => {
    expect(oneLine('größe <b> ../x 日本 \u{1f600}')).toBe('größe <b> ../x 日本 \u{1f600}');
  });
});
