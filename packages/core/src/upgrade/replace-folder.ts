import { basename, dirname, join } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { copyNewFile } from '../files/copy-file.ts';
import { type DiskOptions, errno, readError, realDisk, writeError } from '../files/disk.ts';
import { moveIntoPlace } from '../files/move-into-place.ts';
import { removePath } from '../files/remove-path.ts';
import { isAbandonedName, withTemporaryPath } from '../files/temporary-name.ts';
import { syncFolder } from '../files/write-file-atomic.ts';
import type { FolderFiles } from './folder-files.ts';
import type { Conversion } from './old-run.ts';

/** Where a folder is while another takes its place. */
export interface Replacement {
  readonly directory: string;
  /** Where what was there goes. */
  readonly backup: string;
  /** The whole new folder, before it has its name. */
  readonly ready: string;
  /** Folder of the lock of whoever replaces it. */
  readonly lock: string;
}

/** Names beside a folder of an older version. */
export function replacementOf(directory: string, from: number, to: number): Replacement {
  const beside = `${directory}.v${to}`;
  return { directory, backup: `${directory}.v${from}-backup`, ready: `${beside}-ready`, lock: `${beside}-lock` };
}

/** What the new folder is made of. */
export interface NewContent extends FolderFiles {
  /** How a file is written anew; undefined: it is copied; `leave out`: it has no successor. */
  conversionOf(path: string): Conversion | undefined | 'leave out';
}

/**
 * Puts a new folder in the place of another, which stays beside it as a backup.
 *
 * The new one is made under a name of its own and is durable before anything is renamed: then the old one gets the name of
 * the backup and the new one its own. A kill leaves the old folder where it was; or, between the two renames, both whole
 * under names that say what they are, and {@link finishReplacement} does what is left. The caller keeps everyone else out.
 * @throws RUN_EXISTS if the backup is there already; FILE_READ, FILE_WRITE, DISK_FULL, and what conversions throw: the old folder is
 * untouched then
 */
export async function replaceFolder(place: Replacement, content: NewContent, options: DiskOptions = {}): Promise<void> {
  const { directory, backup, ready } = place;
  await refuseTakenBackup(place, options);
  await removeLeft(place, options);
  await makeReady(place, content, options);
  try {
    await move(directory, backup, options);
    await move(ready, directory, options);
  } catch (cause) {
    await putBack(place, options);
    throw cause;
  }
}

/**
 * Whether a name is that of a folder beside another: its backup, or what a killed upgrade left.
 * @param names - all that are there: where the other is not, nor a second of such names, somebody chose this one
 */
export function isBesideFolder(name: string, names: ReadonlySet<string>): boolean {
  const of = nameBeside(name);
  if (of === undefined) return false;
  return names.has(of) || [...names].some((one) => one !== name && nameBeside(one) === of);
}

/** The name that the other folder has, if a name is formed like that of one beside it. */
const nameBeside = (name: string): string | undefined =>
  /^(.+)\.v\d+-(?:backup|lock|ready(?:\.\d+-[0-9a-f]{12}\.tmp)?)$/.exec(name)?.[1];

/**
 * Does what a kill between the two renames has left: the new folder gets its name. Where there is none, because power loss
 * took it, the old one gets its name back.
 * @returns whether the new folder was there and has its name now
 * @throws FILE_READ, FILE_WRITE, DISK_FULL
 */
export async function finishReplacement(
  { directory, backup, ready }: Replacement,
  options: DiskOptions = {},
): Promise<boolean> {
  if (await isThere(directory, options)) return false;
  const isReady = await isThere(ready, options);
  if (isReady) await move(ready, directory, options);
  else if (await isThere(backup, options)) await move(backup, directory, options);
  return isReady;
}

/** @throws RUN_EXISTS where the name is another's, or there is nothing to give it to */
async function move(from: string, to: string, options: DiskOptions): Promise<void> {
  if (await moveIntoPlace(from, to, options)) return;
  throw new ForetokenError(
    'RUN_EXISTS',
    `${from} could not become ${to}: that is there already, or ${from} is gone. Look at both, then upgrade again.`,
  );
}

/** A disk that fails is no kill: there is somebody to put the old folder back, where the new one did not get its name. */
async function putBack({ directory, backup, ready }: Replacement, options: DiskOptions): Promise<void> {
  try {
    if (!(await isThere(directory, options))) await move(backup, directory, options);
    // Not before the old folder durably has its name: until then this one is what the next upgrade goes on with.
    await removePath(ready, options);
  } catch {
    // It fails still. What is left is what a kill leaves.
  }
}

async function isThere(path: string, { disk = realDisk }: DiskOptions): Promise<boolean> {
  return disk.stat(path).then(
    () => true,
    (cause: unknown) => {
      if (errno(cause) === 'ENOENT') return false;
      throw readError(path, cause);
    },
  );
}

async function makeReady({ directory, ready }: Replacement, content: NewContent, options: DiskOptions): Promise<void> {
  await withTemporaryPath(ready, async (temporary) => {
    try {
      await writeFolder(directory, temporary, content, options);
      await move(temporary, ready, options);
    } catch (cause) {
      for (const left of [temporary, ready]) await removePath(left, options).catch(() => {});
      throw writeError(temporary, cause);
    }
  });
}

/** Each folder with something in it is synced once, when all is. */
async function writeFolder(from: string, to: string, content: NewContent, options: DiskOptions): Promise<void> {
  const { disk = realDisk } = options;
  const filled = new Set<string>();
  for (const folder of ['', ...content.folders]) {
    await disk.mkdir(join(to, folder));
    if (folder !== '') filled.add(dirname(folder));
  }
  for (const path of content.files) {
    const conversion = content.conversionOf(path);
    if (conversion === 'leave out') continue;
    await (conversion ?? copyNewFile)(join(from, path), join(to, path), { ...options, leavesFolders: true });
    filled.add(dirname(path));
  }
  for (const folder of filled) await syncFolder(join(to, folder), options);
}

/** What earlier upgrades left that were killed: unfinished, or finished and not put in place while the old one was still there. */
async function removeLeft({ ready }: Replacement, options: DiskOptions): Promise<void> {
  const { disk = realDisk } = options;
  const names = await disk.readdir(dirname(ready)).catch((cause: unknown) => {
    throw readError(dirname(ready), cause);
  });
  for (const name of names) {
    const isLeft = name.startsWith(`${basename(ready)}.`) && isAbandonedName(name);
    if (isLeft || name === basename(ready)) await removePath(join(dirname(ready), name), options);
  }
}

/** @throws RUN_EXISTS if there is a backup already, FILE_READ */
export async function refuseTakenBackup({ backup }: Replacement, options: DiskOptions = {}): Promise<void> {
  if (!(await isThere(backup, options))) return;
  throw new ForetokenError(
    'RUN_EXISTS',
    `${backup} is there already: a backup is never replaced. Move it away, then upgrade.`,
  );
}
