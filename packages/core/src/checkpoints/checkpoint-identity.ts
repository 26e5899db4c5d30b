import { readSync } from 'node:fs';
import { checkFormatVersion } from '../files/format-version.ts';
import { withRegularFileSync } from '../files/regular-file.ts';
import { corrupt, decodeHeader, LARGEST_HEADER } from './safetensors-header.ts';

const LENGTH_BYTES = 8;

/**
 * SHA-256 of a checkpoint's tensors as its header states it: names the checkpoint without reading it whole. Whether the
 * tensors are what the header says is seen when they are loaded.
 *
 * Synchronous, since configurations are resolved so.
 * @throws FILE_READ, FORMAT_VERSION; FILE_CORRUPT if the header is not a checkpoint's
 */
export function readCheckpointIdentity(path: string): string {
  return readHash(path, 'sha256', 'SHA-256 of its tensors');
}

/**
 * The hash of the configuration that a checkpoint was trained with, as its header states it.
 * @throws FILE_READ, FORMAT_VERSION; FILE_CORRUPT if the header is not a checkpoint's
 */
export function readCheckpointConfigHash(path: string): string {
  return readHash(path, 'configHash', 'hash of its configuration');
}

function readHash(path: string, key: string, name: string): string {
  const { json, dataBytes } = readHeaderBytes(path);
  const { metadata } = decodeHeader(path, json, dataBytes);
  checkCheckpointVersion(path, metadata);
  const hash = metadata.get(key);
  if (hash === undefined || !/^[0-9a-f]{64}$/.test(hash)) throw corrupt(path, `it has no ${name}`);
  return hash;
}

/**
 * Makes sure that a safetensors file is a checkpoint, and one of this release.
 * @param metadata - that of its header
 * @throws FORMAT_VERSION; FILE_CORRUPT if it has no version
 */
export function checkCheckpointVersion(path: string, metadata: ReadonlyMap<string, string>): void {
  const version = metadata.get('formatVersion');
  if (version === undefined) throw corrupt(path, 'it has no formatVersion, so it is no checkpoint of Foretoken');
  checkFormatVersion(path, /^[1-9]\d{0,8}$/.test(version) ? Number(version) : version);
}

function readHeaderBytes(path: string): { json: Uint8Array; dataBytes: number } {
  return withRegularFileSync(path, (file, size) => {
    const length = readBytes(path, file, 0, LENGTH_BYTES).readBigUInt64LE();
    if (length > BigInt(LARGEST_HEADER)) throw corrupt(path, `its header would have ${length} bytes`);
    const json = readBytes(path, file, LENGTH_BYTES, Number(length));
    return { json, dataBytes: size - LENGTH_BYTES - json.length };
  });
}

function readBytes(path: string, file: number, at: number, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  let done = 0;
  while (done < count) {
    const read = readSync(file, bytes, done, count - done, at + done);
    if (read === 0) throw corrupt(path, `it ends after ${at + done} bytes`);
    done += read;
  }
  return bytes;
}
