import { dirname, resolve } from 'node:path';
import { type DiskOptions, errno, realDisk, writeError } from './disk.ts';

/**
 * Makes a folder and the folders above it that are missing; one that is there already is fine.
 *
 * Not Node's `mkdir` with `recursive`: under a folder in which nothing can be made (`/proc`), that one tries forever.
 * @throws FILE_WRITE, DISK_FULL naming the folder that could not be made
 */
export async function makeFolder(folder: string, options: DiskOptions = {}): Promise<void> {
  const path = resolve(folder);
  const { disk = realDisk } = options;
  const isThere = await disk.stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isThere) return;
  if (dirname(path) !== path) await makeFolder(dirname(path), options);
  await disk.mkdir(path).catch(async (cause: unknown) => {
    // Another process may have made it in between; a file in its place is an error.
    const isFolder = errno(cause) === 'EEXIST' && (await disk.stat(path)).isDirectory();
    if (!isFolder) throw writeError(path, cause);
  });
}
