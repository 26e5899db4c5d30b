import type { RunTable } from './rows.ts';

/** A table as one JSON object a line; what a run has not is left out. */
export function toJsonLines({ columns, rows }: RunTable): string {
  const objects = rows.map((row) =>
    Object.fromEntries(row.flatMap((value, i) => (value === undefined ? [] : [[columns[i].name, value]]))),
  );
  return objects.map((object) => `${JSON.stringify(object)}\n`).join('');
}
