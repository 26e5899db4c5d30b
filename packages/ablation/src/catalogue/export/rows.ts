import { type Entry, PARTS } from '../entry.ts';
import type { Fact } from '../facts.ts';

/** A table of runs: one row each, one column per value that any of them has. */
export interface RunTable {
  readonly columns: readonly { readonly name: string; readonly type: 'number' | 'boolean' | 'text' }[];
  /** In the order of the columns; undefined where the run has no such value. */
  readonly rows: readonly (readonly (Fact | undefined)[])[];
}

/**
 * Entries as a table. A column is named by its part and path (`config.model.head.name`), but for what a run is called (`name`).
 * A column whose values are of several types holds texts.
 */
export function tableOf(entries: readonly Entry[]): RunTable {
  const types = new Map<string, 'number' | 'boolean' | 'text'>();
  const rows = entries.map((entry) => rowOf(entry));
  for (const [name, value] of rows.flatMap((row) => [...row])) {
    const type = typeof value === 'string' ? 'text' : (typeof value as 'number' | 'boolean');
    types.set(name, (types.get(name) ?? type) === type ? type : 'text');
  }
  const columns = [...types].map(([name, type]) => ({ name, type })).sort((a, b) => compareNames(a.name, b.name));
  return {
    columns,
    rows: rows.map((row) =>
      columns.map(({ name, type }) => {
        const value = row.get(name);
        return value !== undefined && type === 'text' ? String(value) : value;
      }),
    ),
  };
}

function rowOf({ facts }: Entry): Map<string, Fact> {
  const named = PARTS.flatMap((part) =>
    [...facts[part]].map(([key, value]): [string, Fact] => [part === 'run' ? key : `${part}.${key}`, value]),
  );
  return new Map(named);
}

/** What a run is called first, then configuration, results and timings, each by name. */
function compareNames(a: string, b: string): number {
  const [first, second] = [a, b].map((name) => PARTS.findIndex((part) => name.startsWith(`${part}.`)));
  return first - second || (a < b ? -1 : 1);
}
