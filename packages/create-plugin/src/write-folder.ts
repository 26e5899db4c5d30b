import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Failure, writeFailure } from './failure.ts';
import type { Files } from './files.ts';

/** The calls that write, so that a test can let any of them fail. */
export const realDisk = { mkdir, rename, rm, rmdir, writeFile };
export type Disk = typeof realDisk;

/** What a new folder of a package may hold already: the repository that it was made as. */
const ALLOWED = ['.git'];

/**
 * Writes a package into a folder that is not there yet, or is empty but for a `.git`: all of it or nothing.
 *
 * Everything is written aside first, on the same file system, and moved into place once it is whole. Whatever goes wrong
 * before, nothing is left: neither files nor folders that were made on the way.
 *
 * @param folder - absolute
 * @param signal - ends it; nothing is left
 * @throws USAGE if the folder holds something, or is none; DISK_FULL, FILE_WRITE, INTERRUPTED
 */
export async function writeFolder(
  folder: string,
  files: Files,
  { signal, disk = realDisk }: { readonly signal?: AbortSignal; readonly disk?: Disk } = {},
): Promise<void> {
  const isThere = await checkFree(folder);
  const home = isThere ? folder : path.dirname(folder);
  let aside: string | undefined;
  let made: string | undefined;
  try {
    made = await disk.mkdir(home, { recursive: true });
    aside = path.join(home, `.foretoken-${randomBytes(6).toString('hex')}`);
    await disk.mkdir(aside);
    for (const [file, text] of files) {
      refuseInterrupted(signal);
      await disk.mkdir(path.dirname(path.join(aside, file)), { recursive: true });
      await disk.writeFile(path.join(aside, file), text, { flag: 'wx' });
    }
    refuseInterrupted(signal);
    if (isThere) await moveInto(folder, aside, disk);
    else await disk.rename(aside, folder);
  } catch (cause) {
    if (aside !== undefined) await disk.rm(aside, { recursive: true, force: true }).catch(() => {});
    if (made !== undefined) await removeEmpty(home, made, disk);
    throw writeFailure(folder, cause);
  }
}

/** What stands in the way of a package in a folder. */
export interface Obstacle {
  /** Goes on where the folder's name ends: `is not empty: it has "a"`. */
  readonly what: string;
  readonly failure: Failure;
}

/** What stands in the way there; undefined if nothing does. */
export async function obstacleAt(folder: string): Promise<Obstacle | undefined> {
  try {
    const entries = await entriesOf(folder);
    if (entries === undefined || entries.length === 0) return undefined;
    if (entries === 'a file') return inTheWay(folder, 'is a file', 'Name another folder with --dir.');
    const others = entries.length > 1 ? ` and ${entries.length - 1} more` : '';
    const next = 'Nothing is ever overwritten: name another folder with --dir, or empty that one.';
    return inTheWay(folder, `is not empty: it has ${JSON.stringify(entries[0])}${others}`, next);
  } catch (cause) {
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
    return { what: `cannot be read (${code})`, failure: writeFailure(folder, cause) };
  }
}

const inTheWay = (folder: string, what: string, next: string): Obstacle => ({
  what,
  failure: new Failure('USAGE', `${folder} ${what}. ${next}`),
});

/** What a folder has, but for what it may have; undefined where there is none. @throws what the file system says */
async function entriesOf(folder: string): Promise<readonly string[] | 'a file' | undefined> {
  const found = await stat(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw cause;
  });
  if (found === undefined) return undefined;
  if (!found.isDirectory()) return 'a file';
  return (await readdir(folder)).filter((name) => !ALLOWED.includes(name)).sort();
}

/** Whether the folder is there. @throws USAGE, FILE_WRITE if something is in the way */
export async function checkFree(folder: string): Promise<boolean> {
  const obstacle = await obstacleAt(folder);
  if (obstacle) throw obstacle.failure;
  return (await entriesOf(folder)) !== undefined;
}

function refuseInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Failure('INTERRUPTED', 'stopped on request; nothing was written.');
}

/** Moves what lies aside into the folder above it; the package.json, by which a package is one, comes last. */
async function moveInto(folder: string, aside: string, disk: Disk): Promise<void> {
  const isManifest = (name: string) => Number(name === 'package.json');
  const names = (await readdir(aside)).sort((a, b) => isManifest(a) - isManifest(b));
  const moved: string[] = [];
  try {
    for (const name of names) {
      await disk.rename(path.join(aside, name), path.join(folder, name));
      moved.push(name);
    }
    await disk.rmdir(aside);
  } catch (cause) {
    for (const name of moved) {
      await disk.rm(path.join(folder, name), { recursive: true, force: true }).catch(() => {});
    }
    throw cause;
  }
}

/** Removes folders from `home` up to the first that was made, as long as they are empty. */
async function removeEmpty(home: string, made: string, disk: Disk): Promise<void> {
  for (let at = home; at.length >= made.length; at = path.dirname(at)) {
    const isGone = await disk.rmdir(at).then(
      () => true,
      () => false,
    );
    if (!isGone) return;
  }
}
