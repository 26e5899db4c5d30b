import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A package that is installed here. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  /** File that the package's name stands for. */
  readonly entry: string;
}

/** Where optional packages are looked for: the working directory, if it is still there, then this package. */
export const searchFolders = (): string[] => [...workingFolder(), dirname(fileURLToPath(import.meta.url))];

function workingFolder(): string[] {
  try {
    return [process.cwd()];
  } catch {
    return [];
  }
}

/**
 * Finds an optional package, without running any of it, wherever it is installed.
 * @param from - folders whose dependencies are searched, in this order
 */
export function findInstalled(name: string, from: readonly string[] = searchFolders()): InstalledPackage[] {
  const folders = from.map((start) => locate(name, start)).filter((folder) => folder !== undefined);
  return [...new Set(folders)].map(readPackage);
}

/** The package in a folder. */
export function readPackage(folder: string): InstalledPackage {
  const manifest = join(folder, 'package.json');
  const { name, version, main = 'index.js' } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, string>;
  return { name, version, folder, entry: join(folder, main) };
}

/** The folder of a package in the `node_modules` of a folder or of one around it, links followed. */
function locate(name: string, start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name);
    if (existsSync(join(place, 'package.json'))) return realpathSync(place);
    if (dirname(folder) === folder) return undefined;
  }
}

/** Imports a package that was found. */
export const importInstalled = <T>({ entry }: InstalledPackage): Promise<T> => import(pathToFileURL(entry).href);

/**
 * Why a tfjs package cannot be added to our tfjs: it would bring a tfjs-core of its own, whose kernels and tensors ours
 * does not know.
 * @returns undefined where both share one
 */
export function foreignCore({ name, folder }: InstalledPackage): string | undefined {
  const core = '@tensorflow/tfjs-core';
  const own = locate(core, dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs')));
  const other = locate(core, folder);
  if (other === undefined) return `${name} finds no ${core}; install it where Foretoken is installed`;
  if (own === other) return undefined;
  const rule = `${name} would use another copy of ${core} (${other}) than Foretoken (${own})`;
  return `${rule}; run npm dedupe, or install it where Foretoken is installed`;
}
