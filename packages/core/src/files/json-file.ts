import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { ForetokenError } from '@foretoken/engine/errors';
import type { Json } from '../contracts/json.ts';
import type { DiskOptions } from './disk.ts';
import { checkFormatVersion, FORMAT_VERSION } from './format-version.ts';
import { checkSize, LARGEST_TEXT, readRegularFile, withRegularFileSync } from './regular-file.ts';
import { type JsonLimits, parseStrictJson } from './strict-json.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

/** A JSON object, as every file of ours has at its top. */
export type JsonObject = { readonly [key: string]: Json };

/**
 * Writes a JSON file, atomically, indented, with the `formatVersion` of records first, unless the value has another.
 * @param value - anything that JSON keeps as it is
 * @throws DISK_FULL, FILE_WRITE
 */
export async function writeJson(path: string, value: object, options: DiskOptions = {}): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify({ formatVersion: FORMAT_VERSION, ...value }, null, 2)}\n`, options);
}

/** What {@link readJson} takes. */
export interface JsonFileOptions extends DiskOptions {
  /** Bytes that the file may have. Default: what one string can hold, since a list of documents may be long. */
  readonly largest?: number;
  /** `formatVersion` that it must have; `any`: the caller looks. Default: that of records. */
  readonly version?: number | 'any';
}

/** Bytes of a record that does not grow with the data: it has some kilobytes. */
export const LARGEST_RECORD = 2 ** 24;

/**
 * Reads a JSON file that {@link writeJson} wrote.
 * @returns its object, `formatVersion` included
 * @throws FILE_READ if it cannot be read, FILE_CORRUPT if it is no JSON object, says a key twice, nests too deeply or is
 * too large, FORMAT_VERSION if another release wrote it
 */
export async function readJson(
  path: string,
  { largest = LARGEST_TEXT, version, ...options }: JsonFileOptions = {},
): Promise<JsonObject> {
  const bytes = await readRegularFile(path, { largest, ...options });
  const value = parseJsonFile(path, bytes, largest);
  if (version !== 'any') checkFormatVersion(path, value.formatVersion, version);
  return value;
}

/**
 * {@link readJson} of a record, for those that cannot wait.
 * @throws FILE_READ, FILE_CORRUPT, FORMAT_VERSION
 */
export function readRecordSync(path: string): JsonObject {
  const bytes = withRegularFileSync(path, (file, size) => {
    checkSize(path, size, LARGEST_RECORD);
    return readFileSync(file);
  });
  const value = parseJsonFile(path, bytes, LARGEST_RECORD);
  checkFormatVersion(path, value.formatVersion);
  return value;
}

/**
 * The object in the bytes of a JSON file that {@link writeJson} wrote.
 * @param largest - bytes that it may have
 * @throws FILE_CORRUPT if it is no JSON object
 */
function parseJsonFile(path: string, bytes: Buffer, largest: number): JsonObject {
  // It may have grown since it was looked at.
  checkSize(path, bytes.length, largest);
  // One for every 12 bytes is more than anything written here has, with its indentation.
  return parseObject(path, bytes, { mostMarks: Math.ceil(largest / 12) });
}

function parseObject(path: string, bytes: Buffer, limits: JsonLimits): JsonObject {
  let value: unknown;
  try {
    if (!isUtf8(bytes)) throw new Error('it is not UTF-8');
    value = parseStrictJson(bytes.toString('utf8'), limits);
  } catch (cause) {
    throw new ForetokenError(
      'FILE_CORRUPT',
      `${path} is not valid JSON: ${(cause as Error).message}. Restore or remove it.`,
      { cause },
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new ForetokenError('FILE_CORRUPT', `${path} must hold a JSON object. Restore or remove it.`);
}
