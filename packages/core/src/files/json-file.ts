import { ForetokenError } from '@foretoken/engine/errors';
import { FORMAT_VERSION } from '../config/experiment.ts';
import type { Json } from '../contracts/json.ts';
import { type DiskOptions, readError, realDisk } from './disk.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

/** A JSON object, as every file of ours has at its top. */
export type JsonObject = { readonly [key: string]: Json };

/**
 * Writes a JSON file, atomically, indented, with this release's `formatVersion` first.
 * @param value - anything that JSON keeps as it is
 * @throws DISK_FULL, FILE_WRITE
 */
export async function writeJson(path: string, value: object, options: DiskOptions = {}): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify({ formatVersion: FORMAT_VERSION, ...value }, null, 2)}\n`, options);
}

/**
 * Reads a JSON file that {@link writeJson} wrote.
 * @returns its object, `formatVersion` included
 * @throws FILE_READ if it cannot be read, FILE_CORRUPT if it is no JSON object, FORMAT_VERSION if another release wrote it
 */
export async function readJson(path: string, { disk = realDisk }: DiskOptions = {}): Promise<JsonObject> {
  let text: string;
  try {
    const handle = await disk.open(path, 'r');
    try {
      text = await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw readError(path, cause);
  }
  return parseJsonFile(path, text);
}

/**
 * The object in the text of a JSON file that {@link writeJson} wrote.
 * @throws FILE_CORRUPT if it is no JSON object, FORMAT_VERSION if another release wrote it
 */
export function parseJsonFile(path: string, text: string): JsonObject {
  const value = parseObject(path, text);
  checkFormatVersion(path, value.formatVersion);
  return value;
}

/**
 * Checks the `formatVersion` of something read.
 * @throws FORMAT_VERSION naming both versions
 */
export function checkFormatVersion(path: string, version: unknown): void {
  if (version === FORMAT_VERSION) return;
  throw new ForetokenError(
    'FORMAT_VERSION',
    `${path} has formatVersion ${JSON.stringify(version) ?? 'none'}; this release reads ${FORMAT_VERSION}. Use the release that wrote it.`,
  );
}

function parseObject(path: string, text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ForetokenError('FILE_CORRUPT', `${path} is not valid JSON: ${(cause as Error).message}.`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new ForetokenError('FILE_CORRUPT', `${path} must hold a JSON object.`);
}
