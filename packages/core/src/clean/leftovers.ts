import type { Dirent } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type DiskOptions, readError, realDisk, unlessGone } from '../files/disk.ts';
import { isAbandonedName, temporaryWriter } from '../files/temporary-name.ts';
import type { JudgedCheckpoints, JudgedFile } from './run-checkpoints.ts';

/**
 * Finds what processes that were killed have left of files and folders that they were writing, in a folder and, of its
 * upgrades, beside it. Links are not followed.
 * @returns what goes, and what stays since its process may still be at it
 * @throws FILE_READ
 */
export async function findLeftovers(directory: string, options: DiskOptions = {}): Promise<JudgedCheckpoints> {
  const remove: JudgedFile[] = [];
  const keep: JudgedFile[] = [];
  const judge = async (folder: string, entry: Dirent): Promise<boolean> => {
    const writer = temporaryWriter(entry.name);
    if (writer === undefined || entry.isSymbolicLink()) return false;
    const path = join(folder, entry.name);
    const bytes = await sizeOf(path, entry, options);
    if (bytes === undefined) return true;
    const isAtWork = !isAbandonedName(entry.name);
    const why = isAtWork ? `process ${writer} may be writing it` : `unfinished, and process ${writer} is gone`;
    (isAtWork ? keep : remove).push({ path, bytes, why });
    return true;
  };
  for (const entry of await entriesOf(dirname(directory), options)) {
    if (entry.name.startsWith(`${basename(directory)}.v`)) await judge(dirname(directory), entry);
  }
  const waiting = [directory];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const inside = entriesOf(folder, options);
    for (const entry of await (folder === directory ? inside : unlessGone(inside, []))) {
      if (!(await judge(folder, entry)) && entry.isDirectory()) waiting.push(join(folder, entry.name));
    }
  }
  return { remove, keep };
}

async function entriesOf(folder: string, { disk = realDisk }: DiskOptions): Promise<Dirent[]> {
  return disk.readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw readError(folder, cause);
  });
}

/** Undefined for what is gone. */
async function sizeOf(path: string, entry: Dirent, options: DiskOptions): Promise<number | undefined> {
  const { disk = realDisk } = options;
  if (entry.isFile()) return (await unlessGone(disk.stat(path), undefined))?.size;
  if (!entry.isDirectory()) return 0;
  const inside = await unlessGone(entriesOf(path, options), undefined);
  const sizes = await Promise.all(inside?.map((one) => sizeOf(join(path, one.name), one, options)) ?? []);
  return inside && sizes.reduce<number>((sum, size = 0) => sum + size, 0);
}
