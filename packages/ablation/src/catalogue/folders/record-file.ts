import { stat } from 'node:fs/promises';
import { ForetokenError, type JsonObject, readJson } from '@foretoken/core';

/** Records are some kilobytes; a larger file is none, and is not read into memory to find that out. */
const LARGEST_RECORD = 64 * 2 ** 20;

/** One file of a unit: its path, and what tells that it changed. */
export interface FileState {
  readonly path: string;
  /** Undefined where there is no such file. */
  readonly size?: number;
  readonly modifiedMs?: number;
}

/** Size and time of a file. A folder or device in its place counts as absent. */
export async function stateOf(path: string): Promise<FileState> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? { path, size: found.size, modifiedMs: found.mtimeMs } : { path };
}

/** Equal as long as no file of them was written. */
export const fingerprintOf = (files: readonly FileState[]): string =>
  files.map(({ size, modifiedMs }) => (size === undefined ? '-' : `${size}@${modifiedMs}`)).join(' ');

/**
 * Reads a JSON record.
 * @returns undefined where there is none
 * @throws FILE_CORRUPT, FILE_READ, FORMAT_VERSION
 */
export async function readRecordFile({ path, size }: FileState): Promise<JsonObject | undefined> {
  if (size === undefined) return undefined;
  if (size <= LARGEST_RECORD) return readJson(path);
  throw new ForetokenError(
    'FILE_CORRUPT',
    `${path} has ${size} bytes; a record has at most ${LARGEST_RECORD}. Restore or remove it.`,
  );
}
