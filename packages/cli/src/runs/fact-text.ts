import type { Fact } from '@foretoken/ablation/catalogue';
import { oneLine } from '../output/one-line.ts';

/** Characters of a value in a table. */
const WIDEST = 60;

/** A value in a table: numbers with six digits, names without what a terminal would obey, nothing as `-`. */
export function factText(fact: Fact | undefined): string {
  if (fact === undefined) return '-';
  if (typeof fact === 'number') return String(Number.isInteger(fact) ? fact : Number(fact.toPrecision(6)));
  const text = oneLine(String(fact));
  return text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text;
}
