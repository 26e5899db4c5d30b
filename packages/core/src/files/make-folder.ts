import { dirname, resolve } from 'node:path';
import { type DiskOptions, errno, realDisk, writeError } from './disk.ts';
import { syncFolder } from './write-file-atomic.ts';

/** A file in the place of a folder above is met, and named, as that one is made. */
const ABSENT = ['ENOENT', 'ENOTDIR'];

/**
 * Makes a folder and the folders above it that are missing, durably; one that is there already is fine.
 *
 * The folder above each new one is synced: a file in a folder that power loss takes would be gone with it, synced or not.
 * Not Node's `mkdir` with `recursive`: under a folder in which nothing can be made (`/proc`), that one tries forever.
 * @throws FILE_WRITE, DISK_FULL naming the folder that could not be made
 */
export async function makeFolder(folder: string, options: DiskOptions = {}): Promise<void> {
  const path = resolve(folder);
  const { disk = realDisk } = options;
  const isThere = await disk.stat(path).then(
    (found) => found.isDirectory(),
    (cause: unknown) => {
      if (!ABSENT.includes(errno(cause) ?? '')) throw writeError(path, cause);
      return false;
    },
  );
  if (isThere) return;
  if (dirname(path) !== path) await makeFolder(dirname(path), options);
  try {
    await disk.mkdir(path).catch(async (cause: unknown) => {
      // Another process may have made it in between, and not synced it yet; a file in its place is an error.
      const isFolder = errno(cause) === 'EEXIST' && (await disk.stat(path)).isDirectory();
      if (!isFolder) throw cause;
    });
    await syncNew(path, options);
  } catch (cause) {
    throw writeError(path, cause);
  }
}

/** Where that fails the folder goes again, or else the next to ask for it would find it and take it for durable. */
async function syncNew(path: string, options: DiskOptions): Promise<void> {
  const { disk = realDisk } = options;
  try {
    await syncFolder(dirname(path), options);
  } catch (cause) {
    await disk.rmdir(path).catch(() => {});
    throw cause;
  }
}
