import type { VerdictRow } from '../verdict.ts';

/** Arms that a chart can tell apart, to those who see few colours, too. */
export const MOST_SHOWN = 12;

/** The arms that charts draw, in the order of the tables: the baseline, and of the others those with the lowest bits. */
export function shownArms(rows: readonly VerdictRow[]): string[] {
  const rank = ({ isBaseline, bitsPerByte = Number.POSITIVE_INFINITY }: VerdictRow): number =>
    isBaseline ? Number.NEGATIVE_INFINITY : bitsPerByte;
  const kept = new Set([...rows].sort((a, b) => compare(rank(a), rank(b))).slice(0, MOST_SHOWN));
  return rows.filter((row) => kept.has(row)).map(({ arm }) => arm);
}

/** Of infinite numbers a difference is none. */
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
