import { dirname } from 'node:path';
import { type DiskOptions, errno, realDisk, writeError } from './disk.ts';
import { syncFolder } from './write-file-atomic.ts';

const IN_THE_WAY = ['ENOTEMPTY', 'EEXIST', 'ENOENT'];

/**
 * Gives a finished folder its name, durably: whoever looks finds it whole or not at all.
 *
 * The caller has made what is in it durable before; folder and new name have one parent.
 * @returns false if another folder is in the way, or `from` is gone
 * @throws FILE_WRITE, DISK_FULL
 */
export async function moveIntoPlace(from: string, to: string, options: DiskOptions = {}): Promise<boolean> {
  const { disk = realDisk } = options;
  try {
    await disk.rename(from, to);
  } catch (cause) {
    if (IN_THE_WAY.includes(errno(cause) ?? '')) return false;
    throw writeError(to, cause);
  }
  await syncFolder(dirname(to), options).catch((cause: unknown) => {
    throw writeError(to, cause);
  });
  return true;
}
