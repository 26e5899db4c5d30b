import { existsSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { errno } from '../files/disk.ts';
import { FORMAT_VERSION } from '../files/format-version.ts';
import { type Replacement, replacementOf } from './replace-folder.ts';

/** A folder that an upgrade to this version replaces, and what is beside it meanwhile: beside the folder, not beside a link to it. */
export function upgradeOf(folder: string): Replacement {
  return replacementOf(realFolder(folder), FORMAT_VERSION - 1, FORMAT_VERSION);
}

/** Whether a folder has no name any more or not yet, since its upgrade was killed between the two renames. */
export function isInterrupted({ directory, backup, ready }: Replacement): boolean {
  return !existsSync(directory) && [backup, ready].some((path) => existsSync(path));
}

/**
 * For those that find no run or ablation in a folder, before they say so or begin one there.
 * @throws RUN_NOT_FOUND if an upgrade of it was interrupted, with the command that ends it
 */
export function refuseInterrupted(folder: string): void {
  const place = upgradeOf(folder);
  if (!isInterrupted(place)) return;
  const left = [place.backup, place.ready].filter((path) => existsSync(path));
  throw new ForetokenError(
    'RUN_NOT_FOUND',
    `${folder} is not there, but ${left.join(' and ')} ${left.length > 1 ? 'are' : 'is'}: its upgrade was interrupted. ` +
      `Run "foretoken upgrade ${folder}", or move what is left of it elsewhere.`,
  );
}

/** Where a folder is, or would be if it were there: a link may lead to one that has no name at the moment. */
function realFolder(folder: string): string {
  const path = resolve(folder);
  try {
    return realpathSync(path);
  } catch (cause) {
    if (errno(cause) !== 'ENOENT' || dirname(path) === path) return path;
  }
  const above = realFolder(dirname(path));
  const own = join(above, basename(path));
  const target = linkOf(own);
  return target === undefined ? own : realFolder(resolve(above, target));
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
