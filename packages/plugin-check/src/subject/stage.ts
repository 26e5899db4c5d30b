import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installedFolder, PACKAGE_NAME } from '@foretoken/core';
import { readPackageJson } from './package-json.ts';
import type { PackedFile } from './read-tarball.ts';
import type { Origin, PackageContents } from './target.ts';

/** A package as a host that installed it would have it: its files, its dependencies beside it, one copy of Foretoken. */
export interface StagedPackage {
  readonly origin: Origin;
  /** As the package says it; checked nowhere yet. */
  readonly packageJson: Readonly<Record<string, unknown>>;
  readonly files: readonly PackedFile[];
  /** Its folder: `.../node_modules/<name>`, without a link on the way. */
  readonly directory: string;
  /** Dependencies that are not installed where it came from, so that its code cannot be run. */
  readonly missing: readonly string[];
  /** Removes the folder; it is removed with the process in any case. */
  close(): void;
}

/** Packages that a host brings itself: the very ones of this process. */
const OF_THE_HOST: readonly string[] = ['@foretoken/core', '@foretoken/engine'];

/**
 * Writes a package into a folder of its own, with links to what it needs. No package manager is asked and nothing is
 * downloaded: the dependencies are those found from where it came from.
 *
 * @param from - where the dependencies of a tarball are looked for
 */
export function stagePackage({ origin, files }: PackageContents, from: string): StagedPackage {
  const packageJson = readPackageJson(files, origin);
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'foretoken-check-')));
  const close = () => {
    process.off('exit', close);
    rmSync(root, { recursive: true, force: true });
  };
  process.once('exit', close);
  try {
    const { name } = packageJson;
    const folder =
      typeof name === 'string' && name.length <= 214 && PACKAGE_NAME.test(name) ? name : 'package-without-a-name';
    const directory = path.join(root, 'node_modules', folder);
    for (const { path: file, content } of files) {
      const target = path.join(directory, file);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, content);
    }
    const lookFrom = origin.kind === 'tarball' ? from : origin.path;
    const needed = neededBy(packageJson).filter((other) => other !== folder);
    const missing = needed.filter((other) => !linked(other, root, lookFrom));
    return { origin, packageJson, files, directory, missing, close };
  } catch (error) {
    close();
    throw error;
  }
}

function neededBy(packageJson: Readonly<Record<string, unknown>>): readonly string[] {
  const names = (key: string): string[] => Object.keys((packageJson[key] ?? {}) as object);
  const meta = (packageJson.peerDependenciesMeta ?? {}) as Record<string, { optional?: boolean } | undefined>;
  const peers = names('peerDependencies').filter((name) => meta[name]?.optional !== true);
  return [...new Set([...OF_THE_HOST, ...names('dependencies'), ...peers])].filter((name) => PACKAGE_NAME.test(name));
}

/** Links a dependency into a folder's `node_modules`. @returns false if there is none */
function linked(name: string, root: string, lookFrom: string): boolean {
  const directory = OF_THE_HOST.includes(name) ? ownFolder(name) : installedFolder(name, lookFrom);
  if (directory === undefined) return false;
  const link = path.join(root, 'node_modules', name);
  mkdirSync(path.dirname(link), { recursive: true });
  symlinkSync(directory, link, 'junction');
  return true;
}

/** The folder of a package as this very module sees it. */
const ownFolder = (name: string): string =>
  realpathSync(path.dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)));
