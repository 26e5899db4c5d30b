import { stripVTControlCharacters } from 'node:util';

/** A column: its heading, and the side its cells stand on. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/**
 * Text in aligned columns, two spaces apart, no trailing spaces; cells may hold colours.
 *
 * @returns the heading and one line per row
 */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => widthOf(line[i]))));
  return lines.map((line) =>
    line
      .map((cell, i) => pad(cell, widths[i], columns[i].align))
      .join('  ')
      .trimEnd(),
  );
}

const widthOf = (cell: string) => [...stripVTControlCharacters(cell)].length;

function pad(cell: string, width: number, align: Column['align'] = 'left'): string {
  const space = ' '.repeat(width - widthOf(cell));
  return align === 'right' ? space + cell : cell + space;
}
