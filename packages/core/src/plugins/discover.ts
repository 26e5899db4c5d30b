import path from 'node:path';
import { isForetokenError } from '@foretoken/engine/errors';
import { type Manifest, readManifest } from './manifest.ts';
import { installedFolder, lacksEntry, nearestPackageJson, PACKAGE_NAME, readPackageJson } from './package-folder.ts';

/** A plugin package among the dependencies of a project. */
export interface Discovered {
  /** The name that it is installed under, which `plugins` would list. */
  readonly specifier: string;
  readonly manifest: Manifest;
}

/** What the dependencies of a project say that they provide. */
export interface Discovery {
  /** The project's package.json; undefined where there is none upwards from the folder. */
  readonly file?: string;
  /** The plugin packages among its direct dependencies, by name. */
  readonly packages: readonly Discovered[];
  /**
   * What is wrong with a package.json that had to be read: a sentence each. Nothing else suffers from it. That of a dependency
   * counts only if it seems to have a `foretoken` entry.
   */
  readonly problems: readonly string[];
}

const FIELDS = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;

/**
 * Finds the plugin packages that a project depends on: the direct dependencies of the nearest package.json whose own
 * package.json has a `foretoken` entry. Nothing but these files is read, and no code runs.
 *
 * @param from - folder of the configuration file
 * @param taken - names of packages that are passed over
 */
export function discoverPackages(from: string, taken: ReadonlySet<string> = new Set()): Discovery {
  const file = nearestPackageJson(from);
  if (file === undefined) return { packages: [], problems: [] };
  const problems: string[] = [];
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (!isForetokenError(error)) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
  const project = attempt(() => readPackageJson(path.dirname(file), path.dirname(file))) ?? {};
  const packages = dependenciesOf(project)
    .filter((name) => !taken.has(name))
    .flatMap((name) => attempt(() => discoveredAt(name, from)) ?? [])
    .filter(({ manifest }) => !taken.has(manifest.package));
  return { file, packages, problems };
}

/** Names of what a package.json depends on, sorted; what npm would not install either is passed over. */
function dependenciesOf(packageJson: Readonly<Record<string, unknown>>): string[] {
  const names = FIELDS.flatMap((field) => {
    const listed = packageJson[field];
    return typeof listed === 'object' && listed !== null ? Object.keys(listed) : [];
  });
  return [...new Set(names)].filter((name) => PACKAGE_NAME.test(name) && name.length <= 214).sort();
}

/** Undefined for a dependency that is not installed, or is no plugin package. */
function discoveredAt(specifier: string, from: string): Discovered | undefined {
  const directory = installedFolder(specifier, from);
  if (directory === undefined) return undefined;
  const packageJson = readEntry(directory, specifier);
  return packageJson?.foretoken === undefined
    ? undefined
    : { specifier, manifest: readManifest({ directory, packageJson }) };
}

/** The package.json of a dependency; undefined for one that is broken and no plugin package's, which is not our business. */
function readEntry(directory: string, specifier: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return readPackageJson(directory, specifier);
  } catch (error) {
    if (lacksEntry(directory)) return undefined;
    throw error;
  }
}
