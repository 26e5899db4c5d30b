import { ForetokenError } from '@foretoken/engine/errors';
import { hashJson } from '../config/hash.ts';
import type { Json } from '../contracts/json.ts';
import { checkFormatVersion } from '../files/format-version.ts';
import type { JsonObject } from '../files/json-file.ts';
import { readJsonLines } from '../files/json-lines-log.ts';
import { exists, type RunPaths } from './run-directory.ts';
import { readRunSummary } from './run-summary.ts';

/**
 * Reads the metrics of a run, one row a step, even while it is still being trained. Those of a finished one must be as they
 * were then: curves are drawn of them, and arms stopped early by them.
 * @throws FILE_READ; FILE_CORRUPT and FORMAT_VERSION with path:line; FILE_CORRUPT if they were changed after the training
 */
export async function readMetrics(paths: Pick<RunPaths, 'metrics' | 'summary'>): Promise<JsonObject[]> {
  // First, so that a training which ends meanwhile is not taken for one whose rows were changed.
  const finished = (await exists(paths.summary)) ? await readRunSummary(paths) : undefined;
  const rows = await readJsonLines(paths.metrics);
  checkRowVersions(paths.metrics, rows);
  if (finished?.metricsHash === undefined || finished.metricsHash === hashOfRows(rows)) return rows;
  throw new ForetokenError(
    'FILE_CORRUPT',
    `${paths.metrics} was changed after the training ended: its rows are not those of metricsHash in ${paths.summary}. Restore it, or remove the folder to train anew.`,
  );
}

/** @throws FORMAT_VERSION naming the first line that another release wrote */
export function checkRowVersions(path: string, rows: readonly JsonObject[]): void {
  for (const [index, { formatVersion }] of rows.entries()) checkFormatVersion(`${path}:${index + 1}`, formatVersion);
}

/** Of all that the rows say but how long each step took: trainings of the same bits have the same hash. */
export const hashOfRows = (rows: readonly JsonObject[]): string =>
  hashJson(rows.map(({ seconds: _, ...row }) => row) as Json);
