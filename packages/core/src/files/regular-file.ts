import { closeSync, fstatSync, openSync, type Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { ForetokenError } from '@foretoken/engine/errors';
import { type DiskOptions, readError, realDisk, TO_READ } from './disk.ts';
import { kindOf } from './kind-of.ts';

/**
 * Opens a file to read it, and closes it again; whatever else has its name, such as a pipe that nobody writes into or
 * a device without an end, is refused at once.
 * @throws FILE_READ, and what `use` throws of ours
 */
export async function withRegularFile<T>(
  path: string,
  { disk = realDisk }: DiskOptions,
  use: (handle: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  try {
    const handle = await disk.open(path, 'r');
    try {
      return await use(handle, sizeOf(path, await handle.stat()));
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw readError(path, cause);
  }
}

/**
 * {@link withRegularFile} for those that cannot wait.
 * @throws FILE_READ, and what `use` throws of ours
 */
export function withRegularFileSync<T>(path: string, use: (file: number, size: number) => T): T {
  let file: number | undefined;
  try {
    file = openSync(path, TO_READ);
    return use(file, sizeOf(path, fstatSync(file)));
  } catch (cause) {
    throw readError(path, cause);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** V8's longest string, rounded down. */
export const LARGEST_TEXT = 2 ** 29 - 2 ** 10;

/**
 * Reads a whole file; whatever else has its name is refused at once, and so is a file that is too large.
 * @param options.largest - bytes that it may have. Default: what one string can hold
 * @throws FILE_READ; FILE_CORRUPT if it is larger
 */
export async function readRegularFile(
  path: string,
  { largest = LARGEST_TEXT, ...options }: { readonly largest?: number } & DiskOptions = {},
): Promise<Buffer> {
  return withRegularFile(path, options, async (handle, size) => {
    checkSize(path, size, largest);
    const bytes = await handle.readFile();
    // It may have grown since it was looked at.
    checkSize(path, bytes.length, largest);
    return bytes;
  });
}

/** @throws FILE_CORRUPT if a file is larger than may be read */
export function checkSize(path: string, size: number, largest: number): void {
  if (size <= largest) return;
  throw new ForetokenError(
    'FILE_CORRUPT',
    `${path} has ${size} bytes; at most ${largest} are read. Restore or remove it.`,
  );
}

function sizeOf(path: string, found: Stats): number {
  const what = kindOf(found);
  if (what === 'file') return found.size;
  throw new ForetokenError('FILE_READ', `${path} could not be read: it is ${what} and no file. Check the path.`);
}
