import type { DiskOptions } from '../files/disk.ts';
import { checkFormatVersion, FORMAT_VERSION, OLDEST_VERSION } from '../files/format-version.ts';
import { type JsonFileOptions, type JsonObject, readJson, writeJson } from '../files/json-file.ts';

/**
 * Reads a record of this version or of one that can be upgraded.
 * @throws FILE_READ, FILE_CORRUPT; FORMAT_VERSION for any other version
 */
export async function readOldRecord(path: string, options: JsonFileOptions = {}): Promise<JsonObject> {
  const record = await readJson(path, { ...options, version: 'any' });
  checkUpgradable(path, record.formatVersion);
  return record;
}

/** @throws FORMAT_VERSION for a version that is neither this release's nor one that it upgrades */
export function checkUpgradable(path: string, version: unknown): void {
  if (version !== OLDEST_VERSION) checkFormatVersion(path, version);
}

/** Writes a record anew in this version. */
export async function writeUpgraded(path: string, record: object, options: DiskOptions = {}): Promise<void> {
  await writeJson(path, { ...record, formatVersion: FORMAT_VERSION }, options);
}
