import { type DiskOptions, realDisk, writeError } from './disk.ts';

/**
 * Removes a file, or a folder and all that is in it; one that is not there is fine.
 *
 * Not synced: after power loss it may be there again. So callers remove only what is of no harm if it comes back, and
 * what has a successor only once that one is durable.
 * @throws FILE_WRITE naming errno and path
 */
export async function removePath(path: string, { disk = realDisk }: DiskOptions = {}): Promise<void> {
  await disk.rm(path, { recursive: true, force: true }).catch((cause: unknown) => {
    throw writeError(path, cause);
  });
}
