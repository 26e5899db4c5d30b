import { gunzipSync } from 'node:zlib';
import { ForetokenError } from '@foretoken/engine/errors';
import { readEntries, type TarEntry } from './tar-entries.ts';

/** Largest tarball that is read, and largest package that may come out of it. */
export interface TarballLimits {
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  readonly entries: number;
}

export const TARBALL_LIMITS: TarballLimits = {
  packedBytes: 64 * 2 ** 20,
  unpackedBytes: 256 * 2 ** 20,
  entries: 20_000,
};

/** A file of a tarball, at its path inside the package. */
export interface PackedFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/**
 * The files of a tarball that npm packed.
 *
 * It is read before anything is known of it, so all that npm never writes is refused: links, devices, paths that leave the
 * package, two files of one path, more than the limits. Nothing is written to the disk here.
 * @param tarball - gzip of a tar archive, every entry below one folder (`package/`)
 * @param who - the file's name, for messages
 * @param limits - default: {@link TARBALL_LIMITS}
 * @throws TARBALL_INVALID
 */
export function readTarball(tarball: Uint8Array, who: string, limits = TARBALL_LIMITS): readonly PackedFile[] {
  const refuse = (rule: string, cause?: unknown) => new ForetokenError('TARBALL_INVALID', `${who}: ${rule}`, { cause });
  if (tarball.length === 0) throw refuse('it is empty, 0 bytes. Pack the package again with "npm pack".');
  if (tarball.length > limits.packedBytes) throw refuse(tooLarge('it', limits.packedBytes));
  const archive = unzipped(tarball, limits.unpackedBytes, refuse);
  const files = new Map<string, PackedFile>();
  for (const entry of readEntries(archive, refuse)) {
    const path = insidePath(entry, refuse);
    if (path === undefined) continue;
    if (files.has(path.toLowerCase())) throw refuse(`${JSON.stringify(path)} is in it twice. Pack it again.`);
    if (files.size >= limits.entries) throw refuse(`it holds more than ${limits.entries} files. Pack less.`);
    files.set(path.toLowerCase(), { path, content: entry.content });
  }
  const clash = [...files.keys()].find((path) => parentsOf(path).some((parent) => files.has(parent)));
  if (clash) throw refuse(`${JSON.stringify(clash)} stands below a file, not a folder. Pack the package again.`);
  if (!files.has('package.json')) {
    throw refuse('it holds no package/package.json, so it is no npm package. Make it with "npm pack".');
  }
  return [...files.values()];
}

/** The folders that a path is in. */
function parentsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

/** Makes the error of a tarball that is refused. */
export type Refuse = (rule: string, cause?: unknown) => ForetokenError;

function unzipped(tarball: Uint8Array, maxOutputLength: number, refuse: Refuse): Uint8Array {
  try {
    return gunzipSync(tarball, { maxOutputLength });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw refuse(tooLarge('what it unpacks to', maxOutputLength), cause);
    }
    throw refuse(`it is not a whole gzip file (${(cause as Error).message}). Pack the package again.`, cause);
  }
}

const tooLarge = (what: string, bytes: number): string =>
  `${what} must be at most ${bytes / 2 ** 20} MiB. Leave out of "files" what a plugin does not need.`;

/** The path inside the package, without the folder that everything stands in; undefined for a folder. */
function insidePath({ path, type }: TarEntry, refuse: Refuse): string | undefined {
  const said = JSON.stringify(path);
  if (type === 'link') throw refuse(`${said} is a link, which npm neither packs nor unpacks. Pack the file itself.`);
  if (type === 'other') throw refuse(`${said} is neither a file nor a folder. Pack it with "npm pack".`);
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const isOutside = path.startsWith('/') || parts.includes('..') || /[\\\0]|^[A-Za-z]:/.test(path);
  if (isOutside) throw refuse(`${said} leads out of the package. Take it out.`);
  if (type === 'folder') return undefined;
  if (parts.length < 2) throw refuse(`${said} stands beside the folder "package". Make the tarball with "npm pack".`);
  return parts.slice(1).join('/');
}
