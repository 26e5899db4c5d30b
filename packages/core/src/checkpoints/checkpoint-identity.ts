import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { readError } from '../files/disk.ts';
import { checkFormatVersion } from '../files/json-file.ts';
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
  checkFormatVersion(path, Number(metadata.get('formatVersion')));
  const hash = metadata.get(key);
  if (hash === undefined || !/^[0-9a-f]{64}$/.test(hash)) throw corrupt(path, `it has no ${name}`);
  return hash;
}

function readHeaderBytes(path: string): { json: Uint8Array; dataBytes: number } {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const { size } = fstatSync(file);
    const length = Number(readBytes(path, file, 0, LENGTH_BYTES).readBigUInt64LE());
    if (length > LARGEST_HEADER) throw corrupt(path, `its header would have ${length} bytes`);
    const json = readBytes(path, file, LENGTH_BYTES, length);
    return { json, dataBytes: size - LENGTH_BYTES - length };
  } catch (cause) {
    throw readError(path, cause);
  } finally {
    if (file !== undefined) closeSync(file);
  }
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
