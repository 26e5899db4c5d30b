import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { readError } from '../files/disk.ts';
import { installedFolder, PACKAGE_NAME } from '../plugins/package-folder.ts';

const NAME = PACKAGE_NAME.source.slice(1, -1);

/** The pattern of a route to a package: names joined by `>`, each a dependency of the one before it. */
export const PACKAGE_ROUTE = `^${NAME}(>${NAME})*$`;

/** A version as an id may hold it: the characters of semantic versions. */
const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+-]*$/;

/** A package that is installed. */
export interface InstalledPackage {
  /** `name@version`: where it lies, and beside which other packages, says nothing about its contents. */
  readonly id: string;
  /** The real folder, links followed. */
  readonly directory: string;
}

/**
 * Finds a package as Node would: the first name from a folder, every further one from the package before it.
 *
 * What is found is pinned by the lock file of the installation, wherever the package manager put it.
 * @param route - matches {@link PACKAGE_ROUTE}: `vitest`, `vitest>vite`
 * @throws DATA_PACKAGE_NOT_FOUND naming the package that is missing, and from where
 * @throws DATA_INVALID if it has no version
 */
export async function findInstalledPackage(route: string, from: string): Promise<InstalledPackage> {
  let directory = from;
  for (const [at, name] of route.split('>').entries()) {
    const found = installedFolder(name, directory);
    if (found === undefined) throw notFound(route, { name, directory, isDependency: at > 0 });
    directory = found;
  }
  return { id: `${route.split('>').at(-1)}@${await versionOf(directory)}`, directory };
}

function notFound(
  route: string,
  { name, directory, isDependency }: { name: string; directory: string; isDependency: boolean },
): ForetokenError {
  const what = `dataset "text-files": package "${name}"${isDependency ? ` of "${route}"` : ''}`;
  const next = isDependency
    ? 'Name a package that it depends on.'
    : `Run "npm install ${name}" there, or take it out of packages.`;
  return new ForetokenError(
    'DATA_PACKAGE_NOT_FOUND',
    `${what} is not installed where ${directory} can see it. ${next}`,
  );
}

async function versionOf(directory: string): Promise<string> {
  const file = join(directory, 'package.json');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw readError(file, cause);
  });
  const version = parsed(text)?.version;
  if (typeof version === 'string' && version.length <= 256 && VERSION.test(version)) return version;
  throw new ForetokenError(
    'DATA_INVALID',
    `dataset "text-files": ${file} has no version that a document could be named by. Install a release of the package.`,
  );
}

function parsed(text: string): { readonly version?: unknown } | null | undefined {
  try {
    return JSON.parse(text) as { readonly version?: unknown } | null;
  } catch {
    return undefined;
  }
}
