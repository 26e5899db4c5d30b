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

function sizeOf(path: string, found: Stats): number {
  const what = kindOf(found);
  if (what === 'file') return found.size;
  throw new ForetokenError('FILE_READ', `${path} could not be read: it is ${what} and no file. Check the path.`);
}
