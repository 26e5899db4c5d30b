import { type JsonObject, readJson } from '../../files/json-file.ts';
import { JsonLinesLog } from '../../files/json-lines-log.ts';
import { readMetrics } from '../metrics-rows.ts';
import type { RunPaths } from '../run-directory.ts';
import { EventFile } from './event-file.ts';

/** Where the training loop writes a line per step. */
export type MetricsLog = Pick<JsonLinesLog, 'append' | 'flush' | 'truncateAfter' | 'close'>;

/**
 * The metrics of a run: `metrics.jsonl`, which is the record, and TensorBoard's events beside it, which follow it.
 *
 * The event file is opened with the first line that is written, when the run's provenance says when it started.
 * @param offsets - those that validation scores
 * @throws FILE_WRITE, DISK_FULL
 */
export async function openRunMetrics(
  paths: Pick<RunPaths, 'metrics' | 'events' | 'provenance' | 'summary'>,
  offsets: readonly number[],
): Promise<MetricsLog> {
  const log = await JsonLinesLog.open(paths.metrics);
  let events: EventFile | undefined;
  return {
    async append(row) {
      events ??= await openEvents(paths, offsets);
      await log.append(row);
      await events.append(row as JsonObject);
    },
    flush: () => log.flush(),
    async truncateAfter(...given) {
      await events?.close();
      events = undefined;
      return log.truncateAfter(...given);
    },
    async close() {
      try {
        await log.close();
      } finally {
        await events?.close();
      }
    },
  };
}

async function openEvents(
  paths: Pick<RunPaths, 'metrics' | 'events' | 'provenance' | 'summary'>,
  offsets: readonly number[],
): Promise<EventFile> {
  const { started } = await readJson(paths.provenance);
  const startedMs = Date.parse(String(started));
  return EventFile.open(paths.events, await readMetrics(paths), {
    startedMs: Number.isFinite(startedMs) ? startedMs : 0,
    offsets,
  });
}
