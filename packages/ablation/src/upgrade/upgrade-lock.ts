import { rmdir } from 'node:fs/promises';
import path from 'node:path';
import type { FolderFiles, Replacement } from '@foretoken/core/training';
import { exists } from '../run/ablation-store.ts';
import { errno } from '../run/errno.ts';
import { type FolderLock, isLockFile, lockFolder } from '../run/folder-lock.ts';
import { sweepTemporary } from '../run/sweep-temporary.ts';

const LEASES = 'leases';

/**
 * Does something while nobody else upgrades the folder: the lock lies beside it, and nothing of it is there afterwards.
 * @throws ABLATION_BUSY while another process does; FILE_WRITE, DISK_FULL if the lock cannot be written
 */
export async function whileLocked<T>(place: Replacement, use: () => Promise<T>): Promise<T> {
  try {
    const lock = await lockBeside(place);
    try {
      return await use();
    } finally {
      await lock.release();
    }
  } finally {
    // Also after a refusal: whoever had the lock could not take the folder away while this claim was in it.
    await removeUnused(place.lock);
  }
}

/**
 * Does something with the folder of an ablation while no process runs it, of this release or of an older one.
 * @param use - is given what leaves the lock out of the files of the folder
 * @throws ABLATION_BUSY while one does
 */
export async function whileNotRunning<T>(
  place: Replacement,
  use: (withoutLock: (files: FolderFiles) => FolderFiles) => Promise<T>,
): Promise<T> {
  // The folder may have got another name, and its new one no lock.
  const places = [place.directory, place.backup].map((folder) => path.join(folder, LEASES));
  const wasThere = await exists(places[0]);
  const lock = await lockFolder(places[0], aboutOf(place));
  try {
    return await use(({ folders, files }) => ({
      folders: folders.filter((folder) => wasThere || folder !== LEASES),
      files: files.filter((file) => path.dirname(file) !== LEASES || !isLockFile(path.basename(file))),
    }));
  } finally {
    for (const leases of places) {
      await lock.release(leases);
      if (!wasThere) await removeUnused(leases);
    }
  }
}

/** @throws ABLATION_BUSY while a process runs the ablation in a folder */
export async function refuseRunning(directory: string): Promise<void> {
  const leases = path.join(directory, LEASES);
  if (await exists(leases)) await (await lockFolder(leases)).release();
}

/** The one that had it before may take the folder of the lock away just before there is something in it. */
async function lockBeside(place: Replacement): Promise<FolderLock> {
  for (;;) {
    try {
      return await lockFolder(place.lock, aboutOf(place));
    } catch (error) {
      if (errno((error as Error).cause) !== 'ENOENT') throw error;
    }
  }
}

const aboutOf = ({ directory }: Replacement): string => `upgrading ${directory}`;

/** Removes a folder that only locks have been in: files of the dead are gone by now, but for what a kill left half-written. */
async function removeUnused(folder: string): Promise<void> {
  await sweepTemporary(folder).catch(() => {});
  await rmdir(folder).catch(() => {});
}
