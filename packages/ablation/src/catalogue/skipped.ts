import { isForetokenError } from '@foretoken/core';
import type { Skipped } from './entry.ts';

/** Why a folder is left out, in the words of the error that reading it ended with. */
export function skippedOf(folder: string, error: unknown): Skipped {
  if (isForetokenError(error)) return { folder, code: error.code, message: error.message };
  const reason = error instanceof Error ? error.message : String(error);
  const message = `${folder} is not a record as this release writes it: ${reason}. Restore or remove it.`;
  return { folder, code: 'FILE_CORRUPT', message: `FILE_CORRUPT: ${message}` };
}
