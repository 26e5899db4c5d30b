import { describe, expect, it } from 'vitest';
import { formatTable } from './table.ts';

describe('formatTable', () => {
  it('aligns columns by what is seen, not by the bytes of colours', () => {
    const lines = formatTable(
      [{ title: 'name' }, { title: 'n', align: 'right' }],
      [
        ['\u001b[31mred\u001b[39m', '1'],
        ['long name', '10'],
      ],
    );
    expect(lines).toEqual(['name        n', '\u001b[31mred\u001b[39m         1', 'long name  10']);
  });

  it('breaks a heading that is wider than its cells between words, and lets headings end on one line', () => {
    const columns = [{ title: 'arm' }, { title: 'tokens per forward', align: 'right' as const }];
    expect(formatTable(columns, [['a', '1.25']])).toEqual([
      '      tokens',
      '         per',
      'arm  forward',
      'a       1.25',
    ]);
  });

  it('leaves no spaces at the end of a line', () => {
    expect(formatTable([{ title: 'a' }, { title: 'b' }], [['x', '']])).toEqual(['a  b', 'x']);
  });
});
