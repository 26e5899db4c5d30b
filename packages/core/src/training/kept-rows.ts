import { ForetokenError } from '@foretoken/engine/errors';
import type { CheckpointEntry } from '../checkpoints/checkpoint-store.ts';
import type { JsonObject } from '../files/json-file.ts';
import type { KeptRows } from '../files/json-lines-log.ts';
import { checkRowVersions } from './metrics-rows.ts';

/** What a checkpoint knows of the metrics up to it. */
export interface KnownMetrics {
  /** Tokens trained on. */
  readonly tokens: number;
  /** The last finite loss of every term. */
  readonly losses: ReadonlyMap<string, number>;
}

/**
 * Makes sure that the rows which a training goes on after are one for each step up to its checkpoint, and of this run: metrics
 * with rows missing, or of two runs, would never be noticed again.
 *
 * Rows are flushed before a checkpoint is saved, so no crash takes them. Whose they are is seen by the last ones alone.
 * @throws FILE_CORRUPT naming the line; FORMAT_VERSION if another release wrote one
 */
export function refuseOtherRows(
  { path, rows, fault }: KeptRows,
  checkpoint: Pick<CheckpointEntry, 'path' | 'step'>,
  known: KnownMetrics,
): void {
  const refuse = (problem: string) => {
    throw new ForetokenError(
      'FILE_CORRUPT',
      `${path} must hold one row for each of the steps 1 to ${checkpoint.step}, as when ${checkpoint.path} was saved, but ${problem}. ` +
        'Put back the file that belongs to this run, or start the run anew in another folder.',
      { cause: fault },
    );
  };
  checkRowVersions(path, rows);
  const other = rows.findIndex(({ step }, index) => step !== index + 1);
  if (other >= 0) refuse(`line ${other + 1} is of step ${JSON.stringify(rows[other].step)}`);
  if (rows.length < checkpoint.step) {
    refuse(`${fault ? `line ${rows.length + 1} is no row` : `it ends after ${rows.length}`}`);
  }
  const strange = strangeRow(rows, known);
  if (strange >= 0) refuse(`line ${strange + 1} is a row of another run`);
}

/** The last row, if its tokens are not the checkpoint's, or the last that was learned from, if its losses are not; else -1. */
function strangeRow(rows: readonly JsonObject[], { tokens, losses }: KnownMetrics): number {
  const last = rows.length - 1;
  if (last >= 0 && rows[last].tokens !== tokens) return last;
  const learned = rows.findLastIndex(({ skipped }) => skipped !== true);
  if (learned < 0) return -1;
  const { terms, losses: shown } = rows[learned];
  const isOurs =
    Array.isArray(terms) &&
    Array.isArray(shown) &&
    shown.length === terms.length &&
    terms.every((term, i) => losses.get(String(term)) === shown[i]);
  return isOurs ? -1 : learned;
}
