import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { findPackage, PACKAGE_NAME } from '@foretoken/core';
import { ForetokenError } from '@foretoken/engine/errors';
import { installedFiles, packedFiles } from './packed-files.ts';
import { type PackedFile, readTarball, TARBALL_LIMITS } from './read-tarball.ts';

/** What is checked, and where it came from. */
export interface Origin {
  readonly kind: 'folder' | 'tarball' | 'package';
  /** Folder or file. */
  readonly path: string;
}

/** The files that a package publishes, or has published. */
export interface PackageContents {
  readonly origin: Origin;
  readonly files: readonly PackedFile[];
}

/**
 * Finds what is to be checked, and reads it as it would be published.
 *
 * @param target - a folder with a package.json, a tarball, or the name of a package that is installed
 * @param from - folder that paths and names start from
 * @throws PLUGIN_NOT_FOUND, PLUGIN_INVALID, TARBALL_INVALID, USAGE
 */
export async function readTarget(target: string, from: string, signal?: AbortSignal): Promise<PackageContents> {
  const place = path.resolve(from, target);
  const found = existsSync(place) ? statSync(place) : undefined;
  if (found?.isFile()) return tarballAt(place, found.size);
  if (found?.isDirectory()) {
    if (existsSync(path.join(place, 'package.json'))) return folderAt(place, signal);
    if (!PACKAGE_NAME.test(target)) throw noPackage(place);
  }
  if (/\.(tgz|tar\.gz)$/.test(target) || !PACKAGE_NAME.test(target)) throw notThere(target, place);
  const { directory } = findPackage(target, { from });
  // A link to a folder outside any `node_modules` is a package at work, not a release of it.
  if (!directory.split(path.sep).includes('node_modules')) return folderAt(directory, signal);
  return { origin: { kind: 'package', path: directory }, files: readFiles(directory, installedFiles(directory)) };
}

function tarballAt(file: string, size: number): PackageContents {
  const who = path.basename(file);
  // Not read at all: the limit is there for the memory of whoever checks it.
  if (size > TARBALL_LIMITS.packedBytes) {
    const limit = `${TARBALL_LIMITS.packedBytes / 2 ** 20} MiB`;
    throw new ForetokenError('TARBALL_INVALID', `${who}: it must be at most ${limit}, was ${size} bytes. Pack less.`);
  }
  return { origin: { kind: 'tarball', path: file }, files: readTarball(readFileSync(file), who) };
}

async function folderAt(directory: string, signal?: AbortSignal): Promise<PackageContents> {
  // Checks that it can be read and is an object: npm would say the same in many more words.
  findPackage(directory, { from: directory });
  const packed = await packedFiles(directory, signal);
  return { origin: { kind: 'folder', path: directory }, files: readFiles(directory, packed) };
}

const readFiles = (directory: string, files: readonly string[]): readonly PackedFile[] =>
  files.map((file) => ({ path: file, content: readFileSync(path.join(directory, file)) }));

const noPackage = (directory: string): ForetokenError =>
  new ForetokenError(
    'PLUGIN_NOT_FOUND',
    `there is no package.json in ${directory}. Name the folder of a package, its tarball, or a package that is installed.`,
  );

const notThere = (target: string, place: string): ForetokenError =>
  new ForetokenError(
    'PLUGIN_NOT_FOUND',
    `${JSON.stringify(target)}: there is no ${place}. Name the folder of a package, its tarball, or a package that is installed.`,
  );
