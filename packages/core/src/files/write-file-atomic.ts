import { type FileHandle, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { type DiskOptions, errno, realDisk, writeError } from './disk.ts';
import { kindOf } from './kind-of.ts';
import { withTemporaryPath } from './temporary-name.ts';

/** Bytes handed to the system at once: some systems refuse 2 GiB and more. */
const LARGEST_WRITE = 2 ** 26;

/**
 * Writes a file so that whoever looks, at any moment, power loss included, finds the old content or the new, whole.
 *
 * Temporary file in the same folder, every short write continued, fsync, rename, fsync of the folder. On failure the
 * temporary file is removed and the old file is as it was. What is no file, such as a device or a pipe, is refused: the rename
 * would put a file in its place, and whoever reads from it would wait for ever.
 * @param chunks - the content; an iterable is asked for one chunk at a time
 * @throws DISK_FULL, FILE_WRITE
 */
export async function writeFileAtomic(
  path: string,
  chunks: Iterable<Uint8Array> | Uint8Array | string,
  { disk = realDisk, leavesFolders = false }: DiskOptions = {},
): Promise<void> {
  await refuseNoFile(path, { disk });
  await withTemporaryPath(join(dirname(path), `.${basename(path)}`), async (temporary) => {
    try {
      await writeNewFile(temporary, asChunks(chunks), { disk });
      await disk.rename(temporary, path);
      if (!leavesFolders) await syncFolder(dirname(path), { disk });
    } catch (cause) {
      await disk.rm(temporary, { force: true }).catch(() => {});
      throw writeError(path, cause);
    }
  });
}

/** Descriptors of a process: what `/dev/stdout` leads to may be a file, and yet it is that link which would be replaced. */
const OF_THE_SYSTEM = /^\/(proc|dev(?!\/shm\/))\//;

async function refuseNoFile(path: string, { disk = realDisk }: DiskOptions): Promise<void> {
  const kind = await disk.stat(path).then(kindOf, (cause: unknown) => {
    if (errno(cause) === 'ENOENT') return 'file';
    throw writeError(path, cause);
  });
  const isOfTheSystem = OF_THE_SYSTEM.test(resolve(path)) || (kind === 'file' && (await leadsToTheSystem(path)));
  const what = isOfTheSystem ? 'a place of the system' : kind;
  if (what === 'file') return;
  throw new ForetokenError(
    'FILE_WRITE',
    `${path} could not be written: it is ${what} and no file. It is as it was. Name a file, or one that is not there yet.`,
  );
}

/** Links that one system follows at most, and more than another does. */
const MOST_LINKS = 40;

/** Whether a place of the system is where a path is, or what a link there names, link by link: the last may be a file. */
async function leadsToTheSystem(path: string): Promise<boolean> {
  let next: string | undefined = resolve(path);
  for (let links = 0; next !== undefined && links <= MOST_LINKS; links++) {
    const folder: string = await realpath(dirname(next)).catch(() => dirname(next as string));
    const place: string = join(folder, basename(next));
    if (OF_THE_SYSTEM.test(place)) return true;
    const target: string | undefined = await readlink(place).catch(() => undefined);
    next = target === undefined ? undefined : resolve(folder, target);
  }
  return false;
}

/**
 * Writes a file that is not there yet, and makes its content survive power loss. Not atomic: it belongs into a
 * place that nobody looks into before all of it is whole, and which gets its name, durably, after that.
 * @param chunks - the content, asked for one chunk at a time
 * @throws the system's own error, so that the caller can name what all of it is for
 */
export async function writeNewFile(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { disk = realDisk }: DiskOptions = {},
): Promise<void> {
  const handle = await disk.open(path, 'wx');
  try {
    for await (const chunk of chunks) await writeFully(handle, chunk);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Whether a file name is one that {@link writeFileAtomic} gave to the unfinished version of `name`.
 * @param name - the final file's name; default: any
 */
export function isTemporaryName(candidate: string, name?: string): boolean {
  const match = /^\.(.+)\.\d+-[0-9a-f]{12}\.tmp$/.exec(candidate);
  return match !== null && (name === undefined || match[1] === name);
}

/** Makes the entries of a folder survive power loss; systems that cannot sync a folder (Windows) do it by themselves. */
export async function syncFolder(folder: string, { disk = realDisk }: DiskOptions = {}): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await disk.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes all bytes at the file's current place, continuing after every short write. */
export async function writeFully(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(LARGEST_WRITE, bytes.byteLength - done));
    if (bytesWritten < 1) throw new Error(`the system wrote ${bytesWritten} of ${bytes.byteLength - done} bytes`);
    done += bytesWritten;
  }
}

function asChunks(chunks: Iterable<Uint8Array> | Uint8Array | string): Iterable<Uint8Array> {
  if (typeof chunks === 'string') return [Buffer.from(chunks, 'utf8')];
  return chunks instanceof Uint8Array ? [chunks] : chunks;
}
