import { readFileSync } from 'node:fs';
import { inRoot } from '../setup/paths.mjs';

/** Where codes are added. */
export const TABLE = 'packages/engine/src/error-table.ts';

/**
 * The codes in the order of the table's source, by the comment above them.
 *
 * @returns `[{ title, codes }]`; a code that is there twice is in it twice
 */
export function groupsOf(source = readFileSync(inRoot(TABLE), 'utf8')) {
  const table = source.slice(source.indexOf('ERROR_CODES = {'), source.indexOf('} as const'));
  const groups = [];
  for (const [, title, code] of table.matchAll(/^ {2}(?:\/\/ (.+)|([A-Z][A-Z_]*): \{)/gm)) {
    if (title) groups.push({ title, codes: [] });
    else groups.at(-1).codes.push(code);
  }
  return groups;
}
