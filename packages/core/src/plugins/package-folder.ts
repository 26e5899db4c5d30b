import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ForetokenError } from '@foretoken/engine/errors';
import { checkKeys } from './json-keys.ts';

/** Where to look for a package. */
export interface PackageSearch {
  /** Folder of the configuration file: names and relative paths start here. */
  readonly from: string;
  /** Folders to start from next, for a name that is not found there. */
  readonly roots?: readonly string[];
}

/** The package.json of a package, as far as anyone may trust it: nothing of it is checked. */
export interface PackageFolder {
  readonly directory: string;
  readonly packageJson: Readonly<Record<string, unknown>>;
}

/** What npm lets a package be called, old names in capitals included: no path, no dot in front. */
export const PACKAGE_NAME = /^(@[A-Za-z0-9~-][A-Za-z0-9._~-]*\/)?[A-Za-z0-9~-][A-Za-z0-9._~-]*$/;

/** A plugin's package.json may not be larger: it is read before anything is known of it. */
const MANIFEST_BYTES = 1024 * 1024;

/**
 * Finds the folder of a package by name, as Node would from the configuration file's folder, or by path.
 *
 * The folder is looked up rather than resolved: a package may hide its package.json from `import`.
 * @param specifier - a package name, or a path that starts with `.` or is absolute
 * @throws PLUGIN_NOT_FOUND with the command that installs it
 * @throws PLUGIN_INVALID if the specifier or its package.json is malformed
 */
export function findPackage(specifier: string, search: PackageSearch): PackageFolder {
  const directory = isPath(specifier) ? folderAt(specifier, search.from) : folderNamed(specifier, search);
  return { directory, packageJson: readPackageJson(directory, specifier) };
}

const isPath = (specifier: string): boolean =>
  /^(\.{1,2}([\\/]|$)|file:)/.test(specifier) || path.isAbsolute(specifier);

function folderAt(specifier: string, from: string): string {
  const directory = specifier.startsWith('file:') ? pathOfUrl(specifier) : path.resolve(from, specifier);
  if (existsSync(path.join(directory, 'package.json'))) return realpathSync(directory);
  throw new ForetokenError(
    'PLUGIN_NOT_FOUND',
    `plugin ${JSON.stringify(specifier)}: there is no package.json in ${directory}. ` +
      'Name the folder of a package; paths start from the folder of the configuration file.',
  );
}

function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw notAPackage(url, cause);
  }
}

const notAPackage = (specifier: string, cause?: unknown): ForetokenError =>
  new ForetokenError(
    'PLUGIN_INVALID',
    `plugin ${JSON.stringify(specifier)}: must be the name of an npm package, or the path of its folder that starts with "./".`,
    { cause },
  );

function folderNamed(name: string, { from, roots = [] }: PackageSearch): string {
  if (!PACKAGE_NAME.test(name) || name.length > 214) throw notAPackage(name);
  for (const root of [from, ...roots]) {
    const directory = installedFolder(name, root);
    if (directory !== undefined) return directory;
  }
  const install = `Run "npm install ${name}" in that folder, or name the package's folder by its path ("./${name.split('/').pop()}").`;
  throw new ForetokenError(
    'PLUGIN_NOT_FOUND',
    `plugin package "${name}" is not installed where ${path.resolve(from)} can see it. ${isPlugged() ? UNPLUG : install}`,
  );
}

/** Whether Yarn's Plug'n'Play runs this process: there is no `node_modules` then. */
const isPlugged = (): boolean => process.versions.pnp !== undefined;

const UNPLUG =
  'Yarn runs it by Plug\'n\'Play, which has no node_modules: write "nodeLinker: node-modules" into .yarnrc.yml, then run "yarn install".';

/**
 * The real folder of the package that Node finds by a name from a folder: the first upwards whose `node_modules` has it.
 * @param name - checked with {@link PACKAGE_NAME}
 */
export function installedFolder(name: string, from: string): string | undefined {
  for (const parent of parents(path.resolve(from))) {
    const directory = path.join(parent, 'node_modules', name);
    if (existsSync(path.join(directory, 'package.json'))) return realpathSync(directory);
  }
  return undefined;
}

function* parents(start: string): Generator<string> {
  for (let folder = start; ; folder = path.dirname(folder)) {
    yield folder;
    if (path.dirname(folder) === folder) return;
  }
}

/** The package.json that a folder belongs to: the nearest upwards. */
export function nearestPackageJson(from: string): string | undefined {
  for (const parent of parents(path.resolve(from))) {
    const file = path.join(parent, 'package.json');
    if (existsSync(file)) return file;
  }
  return undefined;
}

/**
 * The object in a folder's package.json; nothing of it is checked.
 * @param specifier - by which the message names the package
 * @throws PLUGIN_INVALID if it cannot be read, is huge, or holds no object
 */
export function readPackageJson(directory: string, specifier: string): Readonly<Record<string, unknown>> {
  const file = path.join(directory, 'package.json');
  try {
    return parsePackageJson(readManifestFile(file));
  } catch (cause) {
    const who = `plugin ${JSON.stringify(specifier)}`;
    const reason = (cause as Error).message.replace(/\.$/, '');
    throw new ForetokenError(
      'PLUGIN_INVALID',
      `${who}: ${file} cannot be read: ${reason}. Mend it, or install the package again.`,
      { cause },
    );
  }
}

/**
 * Whether a package.json that {@link readPackageJson} refuses has no `foretoken` entry, as far as can be seen: npm reads some
 * that we do not, such as those with a byte order mark.
 */
export function lacksEntry(directory: string): boolean {
  let text: string;
  try {
    text = readManifestFile(path.join(directory, 'package.json')).replace(/^\uFEFF/, '');
  } catch {
    return false;
  }
  try {
    const value: unknown = JSON.parse(text);
    return typeof value !== 'object' || value === null || !Object.hasOwn(value, 'foretoken');
  } catch {
    return !/"foretoken"\s*:/.test(text);
  }
}

function readManifestFile(file: string): string {
  const stat = statSync(file);
  if (!stat.isFile()) throw new Error('it is not a file');
  if (stat.size > MANIFEST_BYTES) throw new Error(`it is larger than ${MANIFEST_BYTES} bytes`);
  return readFileSync(file, 'utf8');
}

function parsePackageJson(text: string): Readonly<Record<string, unknown>> {
  if (text.startsWith('\uFEFF')) throw new Error('it starts with a byte order mark. Save it as UTF-8 without one');
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('it does not hold an object');
  }
  // Those that are no plugin packages are none of our business.
  if ('foretoken' in value) checkKeys(text);
  return value as Readonly<Record<string, unknown>>;
}
