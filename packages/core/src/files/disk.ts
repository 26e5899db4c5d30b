import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, stat, statfs } from 'node:fs/promises';
import { ForetokenError, isForetokenError } from '@foretoken/engine/errors';

/**
 * Every way in which files are written or read here; `node:fs/promises` but where a test puts a failing disk in its
 * place.
 */
export interface Disk {
  readonly open: typeof open;
  readonly rename: typeof rename;
  readonly rm: typeof rm;
  readonly rmdir: typeof rmdir;
  readonly mkdir: typeof mkdir;
  readonly readdir: typeof readdir;
  readonly stat: typeof stat;
  readonly statfs: typeof statfs;
}

/** To read, and not to wait for a writer where a pipe lies in the place of a file; Windows knows no such waiting. */
export const TO_READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

const openAtOnce: typeof open = (path, flags, mode) => open(path, flags === 'r' ? TO_READ : flags, mode);

/** The disk of this machine. */
export const realDisk: Disk = Object.freeze({ open: openAtOnce, rename, rm, rmdir, mkdir, readdir, stat, statfs });

/** For calls that a test may run on another disk. */
export interface DiskOptions {
  /** Default: the real one. */
  readonly disk?: Disk;
  /** The caller syncs the folders that names are put into, once all are there. Default: each write syncs its own. */
  readonly leavesFolders?: boolean;
}

const FULL = ['ENOSPC', 'EDQUOT'];

/**
 * Makes the error of a failed write one that names errno and path.
 * @returns DISK_FULL where space or quota ran out, else FILE_WRITE; an error of ours stays as it is
 */
export function writeError(path: string, cause: unknown): ForetokenError {
  if (isForetokenError(cause)) return cause;
  const isFull = FULL.includes(errno(cause) ?? '');
  const next = isFull ? 'Free some space' : 'Check that the folder exists and may be written to';
  return new ForetokenError(
    isFull ? 'DISK_FULL' : 'FILE_WRITE',
    `${path} could not be written: ${reason(cause)}. What was there before is intact. ${next}, then try again.`,
    { cause },
  );
}

/** Makes the error of a failed read FILE_READ, naming errno and path; an error of ours stays as it is. */
export function readError(path: string, cause: unknown): ForetokenError {
  if (isForetokenError(cause)) return cause;
  return new ForetokenError(
    'FILE_READ',
    `${path} could not be read: ${reason(cause)}. Check the path and its permissions.`,
    { cause },
  );
}

/** The system's name of an error, such as `ENOENT`. */
export function errno(cause: unknown): string | undefined {
  const code = (cause as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/**
 * The answer of the disk, or `absent` where what was asked about is gone: another process may remove it at any moment.
 * @throws all else, as it is
 */
export function unlessGone<T, U>(answer: Promise<T>, absent: U): Promise<T | U> {
  return answer.catch((cause: unknown) => {
    if (isGone(cause)) return absent;
    throw cause;
  });
}

/** Whether an error, of the system or of ours because of it, says that a file is not there. */
const isGone = (cause: unknown): boolean => errno(isForetokenError(cause) ? cause.cause : cause) === 'ENOENT';

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
