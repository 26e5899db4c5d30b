import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { copyNewFile } from '../files/copy-file.ts';
import { type DiskOptions, realDisk, writeError } from '../files/disk.ts';
import { isRunning } from '../files/is-running.ts';
import { makeFolder } from '../files/make-folder.ts';
import { moveIntoPlace } from '../files/move-into-place.ts';
import { removePath } from '../files/remove-path.ts';
import { syncFolder } from '../files/write-file-atomic.ts';
import { exists } from '../training/run-directory.ts';
import type { FolderFiles } from './folder-files.ts';
import type { Conversion } from './old-run.ts';

/** Where a folder is while another takes its place. */
export interface Replacement {
  readonly directory: string;
  /** Where what was there goes. */
  readonly backup: string;
  /** The whole new folder, before it has its name. */
  readonly ready: string;
}

/** Names beside a folder of an older version. */
export function replacementOf(directory: string, from: number, to: number): Replacement {
  return { directory, backup: `${directory}.v${from}-backup`, ready: `${directory}.v${to}-ready` };
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
 * under names that say what they are, and {@link finishReplacement} does what is left.
 * @throws RUN_EXISTS if the backup is there already; FILE_READ, FILE_WRITE, DISK_FULL, and what conversions throw: the old folder is
 * untouched then
 */
export async function replaceFolder(place: Replacement, content: NewContent, options: DiskOptions = {}): Promise<void> {
  const { directory, backup, ready } = place;
  if (await exists(backup)) throw backupExists(backup);
  const temporary = `${ready}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`;
  await removeLeft(place, options);
  try {
    await writeFolder(directory, temporary, content, options);
    if (!(await moveIntoPlace(temporary, ready, options))) throw backupExists(ready);
  } catch (cause) {
    await removePath(temporary, options).catch(() => {});
    throw writeError(temporary, cause);
  }
  try {
    if (!(await moveIntoPlace(directory, backup, options))) throw backupExists(backup);
    await finishReplacement(place, options);
  } catch (cause) {
    // A disk that fails is no kill: there is somebody to put the old folder back, where the new one did not get its name.
    if (!(await exists(directory))) await moveIntoPlace(backup, directory, options).catch(() => {});
    throw cause;
  }
}

/** Whether a name is that of a folder beside another: its backup, or what a killed upgrade left. */
export const isBesideFolder = (name: string): boolean => /\.v\d+-(backup|ready(\.\d+-[0-9a-f]{12}\.tmp)?)$/.test(name);

/**
 * Does what a kill between the two renames has left.
 * @returns whether there was anything left to do
 */
export async function finishReplacement(
  { directory, backup, ready }: Replacement,
  options: DiskOptions = {},
): Promise<boolean> {
  if ((await exists(directory)) || !(await exists(backup)) || !(await exists(ready))) return false;
  return moveIntoPlace(ready, directory, options);
}

async function writeFolder(from: string, to: string, content: NewContent, options: DiskOptions): Promise<void> {
  const { folders, files } = content;
  for (const folder of ['', ...folders]) await makeFolder(join(to, folder), options);
  for (const path of files) {
    const conversion = content.conversionOf(path);
    if (conversion === 'leave out') continue;
    await (conversion ?? copyNewFile)(join(from, path), join(to, path), options);
  }
  for (const folder of ['', ...folders]) await syncFolder(join(to, folder), options);
}

/** What earlier upgrades left that were killed: unfinished, or finished and not put in place while the old one was still there. */
async function removeLeft({ ready }: Replacement, options: DiskOptions): Promise<void> {
  const { disk = realDisk } = options;
  const unfinished = new RegExp(`^${escaped(basename(ready))}\\.(\\d+)-[0-9a-f]{12}\\.tmp$`);
  for (const name of await disk.readdir(dirname(ready))) {
    const writer = unfinished.exec(name)?.[1];
    const isLeft = writer !== undefined && (Number(writer) === process.pid || !isRunning(Number(writer)));
    if (isLeft || name === basename(ready)) await removePath(join(dirname(ready), name), options);
  }
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const backupExists = (path: string): ForetokenError =>
  new ForetokenError('RUN_EXISTS', `${path} is there already: a backup is never replaced. Move it away, then upgrade.`);
