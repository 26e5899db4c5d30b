import { ForetokenError } from '@foretoken/core';
import type { Entry } from '../entry.ts';
import { toCsv } from './csv.ts';
import { toJsonLines } from './jsonl.ts';
import { tableOf } from './rows.ts';

/** Forms that runs can be exported in. */
export const EXPORT_FORMATS = ['csv', 'parquet', 'jsonl'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/**
 * Runs as a file's content, one row each.
 * @throws USAGE for Parquet without a run: it has no columns then
 */
export async function exportEntries(entries: readonly Entry[], format: ExportFormat): Promise<string | Uint8Array> {
  const table = tableOf(entries);
  if (format === 'csv') return toCsv(table);
  if (format === 'jsonl') return toJsonLines(table);
  if (table.columns.length === 0) throw new ForetokenError('USAGE', 'there is no run to export. Relax --where.');
  const { toParquet } = await import('./parquet.ts');
  return toParquet(table);
}
