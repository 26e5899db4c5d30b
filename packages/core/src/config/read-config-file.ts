import { isUtf8 } from 'node:buffer';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { errno, TO_READ } from '../files/disk.ts';
import { MAX_CHARACTERS } from './parse-yaml.ts';

/** No character takes more bytes in UTF-8 than three for each of its units in a string; then a mark of the byte order. */
const MAX_BYTES = 3 * MAX_CHARACTERS + 3;

/**
 * A configuration file's text. What is no file (a pipe that nobody writes into, a device without an end) or larger than
 * any configuration is not read at all.
 * @throws CONFIG_NOT_FOUND if there is no such file, or it cannot be read
 * @throws CONFIG_SYNTAX if it is too large or not UTF-8
 */
export function readConfigFile(file: string): string {
  const bytes = bytesOf(file);
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const isUtf16 = bytes.length > 1 && [0xfeff, 0xfffe].includes(bytes.readUInt16BE());
  const place = isUtf16 ? '1:1' : placeOfBadByte(bytes);
  throw syntax(file, place, `the text is ${isUtf16 ? 'UTF-16' : 'not UTF-8'}. Save it as UTF-8.`);
}

function bytesOf(file: string): Buffer {
  let handle: number | undefined;
  try {
    handle = openSync(file, TO_READ);
    const found = fstatSync(handle);
    if (!found.isFile()) {
      throw notRead(file, `it is a ${found.isDirectory() ? 'folder' : found.isFIFO() ? 'pipe' : 'device'} and no file`);
    }
    if (found.size > MAX_BYTES) {
      throw syntax(file, '1:1', `a configuration may have at most ${MAX_BYTES} bytes, this has ${found.size}.`);
    }
    return readFileSync(handle);
  } catch (cause) {
    if (cause instanceof ForetokenError) throw cause;
    throw notRead(file, errno(cause) === 'ENOENT' ? 'there is no such file' : `${errno(cause)}`, cause);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function notRead(file: string, reason: string, cause?: unknown): ForetokenError {
  const sentence = `${file} cannot be read: ${reason} (looked in ${path.dirname(path.resolve(file))}). Check the path.`;
  return new ForetokenError('CONFIG_NOT_FOUND', sentence, { cause });
}

const syntax = (file: string, place: string, sentence: string): ForetokenError =>
  new ForetokenError('CONFIG_SYNTAX', `${file}:${place}: ${sentence}`);

/** Line and column, both from 1, of the first byte that begins no character. */
function placeOfBadByte(bytes: Buffer): string {
  for (let line = 1, start = 0; ; line++) {
    const end = bytes.indexOf('\n', start);
    const own = bytes.subarray(start, end < 0 ? bytes.length : end);
    if (!isUtf8(own)) return `${line}:${own.toString('utf8').indexOf('\uFFFD') + 1}`;
    start = end + 1;
  }
}
