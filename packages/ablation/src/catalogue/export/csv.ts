import type { RunTable } from './rows.ts';

/**
 * A table as CSV. Values stand as they are: what a spreadsheet would make of a text that starts with `=` is its own matter.
 *
 * @source RFC 4180
 */
export function toCsv({ columns, rows }: RunTable): string {
  const lines = [columns.map(({ name }) => name), ...rows];
  return lines.map((line) => `${line.map((value) => quoted(String(value ?? ''))).join(',')}\r\n`).join('');
}

const quoted = (text: string): string => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
