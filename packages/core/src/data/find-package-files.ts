import { isAbsolute } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { type FoundFile, findFiles } from './find-files.ts';
import { findInstalledPackage } from './installed-package.ts';
import { byId } from './split.ts';

/** A step out of a folder, in a pattern with or without alternatives. */
const OUTWARD = /(^|[\\/{,(|])\.\.($|[\\/},)|])/;

/** Which files of which packages. */
export interface PackageFilesOptions {
  /** Folder that packages are looked up from. */
  readonly baseDirectory: string;
  /** Routes, as `findInstalledPackage` takes them. */
  readonly packages: readonly string[];
  /** Glob patterns, from the folder of each package. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/**
 * Finds files of installed packages, but those of packages installed inside of them.
 *
 * Ids are `name@version/path`: the same on every machine with the same lock file, whatever else is installed there.
 * @returns each file once, in the order of its id; a package found by two routes counts once
 * @throws DATA_PACKAGE_NOT_FOUND, DATA_INVALID for a package
 * @throws DATA_NO_MATCH naming every package in which a pattern matches nothing
 * @throws OPTIONS_INVALID if a pattern leads out of a package
 */
export async function findPackageFiles(owner: string, options: PackageFilesOptions): Promise<FoundFile[]> {
  const { baseDirectory, packages, include } = options;
  const exclude = ['node_modules/**', '*/**/node_modules/**', ...options.exclude].map((pattern) => `./${pattern}`);
  const found = new Map<string, FoundFile>();
  const problems: string[] = [];
  for (const route of packages) {
    const { id: name, directory } = await findInstalledPackage(route, baseDirectory);
    // Judged before anything is looked for: what lies outside may be the whole disk.
    const outward = include.find((pattern) => isAbsolute(pattern) || OUTWARD.test(pattern));
    if (outward !== undefined) throw leavesPackage(owner, name, outward);
    const files = await filesIn(owner, include, { baseDirectory: directory, exclude }, problems);
    for (const { id, path } of files) {
      if (id.startsWith('../')) throw leavesPackage(owner, name, path);
      found.set(`${name}/${id}`, { id: `${name}/${id}`, path });
    }
  }
  if (problems.length > 0) {
    const message = `${problems.join('; ')}. With packages, patterns start from the folder of each package. Check them.`;
    throw new ForetokenError('DATA_NO_MATCH', message, { problems });
  }
  return [...found.values()].sort(byId);
}

/** Keeps what does not match for the end, when every package was looked into. */
async function filesIn(
  owner: string,
  include: readonly string[],
  where: { readonly baseDirectory: string; readonly exclude: readonly string[] },
  problems: string[],
): Promise<FoundFile[]> {
  try {
    return await findFiles(owner, include, where);
  } catch (cause) {
    if (!(cause instanceof ForetokenError) || cause.code !== 'DATA_NO_MATCH') throw cause;
    problems.push(...(cause.problems ?? []));
    return [];
  }
}

const leavesPackage = (owner: string, name: string, path: string): ForetokenError =>
  new ForetokenError(
    'OPTIONS_INVALID',
    `dataset "${owner}": a pattern of include leads out of ${name}, to ${path}. ` +
      'Give patterns that start from the folder of each package and stay in it.',
  );
