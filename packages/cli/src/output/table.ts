import { stripVTControlCharacters } from 'node:util';

/** A column: its heading, and the side its cells stand on. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/**
 * Text in aligned columns, two spaces apart, no trailing spaces; cells may hold colours. A heading wider than its cells is
 * broken between words.
 *
 * @returns the heading's lines and one line per row
 */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ title }, i) => {
    const longestWord = Math.max(...title.split(' ').map(widthOf));
    return Math.max(longestWord, ...rows.map((row) => widthOf(row[i])));
  });
  const headings = columns.map(({ title }, i) => broken(title, widths[i]));
  const height = Math.max(...headings.map(({ length }) => length));
  const head = Array.from({ length: height }, (_, line) =>
    headings.map((lines) => lines[line - height + lines.length] ?? ''),
  );
  return [...head, ...rows].map((cells) =>
    cells
      .map((cell, i) => pad(cell, widths[i], columns[i].align))
      .join('  ')
      .trimEnd(),
  );
}

/** Lines of at most `width`, broken between words. */
function broken(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
    if (lines.length > 0 && widthOf(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

const widthOf = (cell: string) => [...stripVTControlCharacters(cell)].length;

function pad(cell: string, width: number, align: Column['align'] = 'left'): string {
  const space = ' '.repeat(width - widthOf(cell));
  return align === 'right' ? space + cell : cell + space;
}
