import { dirname, resolve } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { type DiskOptions, errno, readError, realDisk } from './disk.ts';

/**
 * Refuses to start what cannot be stored: checks that the disk of a folder, existing or not yet, has room.
 *
 * A check before the start, no reservation: a disk that fills up later is met by the atomic writes.
 * @param bytes - what is going to be written there
 * @throws DISK_FULL if less is free
 */
export async function ensureFreeSpace(
  folder: string,
  bytes: number,
  { disk = realDisk }: DiskOptions = {},
): Promise<void> {
  let existing = resolve(folder);
  for (;;) {
    try {
      const { bavail, bsize } = await disk.statfs(existing);
      if (bavail * bsize >= bytes) return;
      throw new ForetokenError(
        'DISK_FULL',
        `${folder} needs ${megabytes(bytes)} MB, but only ${megabytes(bavail * bsize)} MB are free on its disk. Free some space or choose another folder.`,
      );
    } catch (cause) {
      if (errno(cause) !== 'ENOENT' || dirname(existing) === existing) throw readError(existing, cause);
      existing = dirname(existing);
    }
  }
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
