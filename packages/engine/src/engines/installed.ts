import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A package that is installed here. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  /** File that the package's name stands for. */
  readonly entry: string;
}

/** Where optional packages are looked for: the working directory, then this package. */
export const searchFolders = (): string[] => [process.cwd(), import.meta.dirname];

/**
 * Finds an optional package without running any of it.
 * @param from - folders whose dependencies are searched, in this order
 */
export function findInstalled(name: string, from: readonly string[] = searchFolders()): InstalledPackage | undefined {
  for (const start of from) {
    try {
      const require = createRequire(join(start, 'start.js'));
      const manifest = require.resolve(`${name}/package.json`);
      const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
      return { name, version, folder: dirname(manifest), entry: require.resolve(name) };
    } catch {
      // Not below this folder; the caller says so once none has it.
    }
  }
  return undefined;
}

/** Imports a package that was found. */
export const importInstalled = <T>({ entry }: InstalledPackage): Promise<T> => import(pathToFileURL(entry).href);

/** The tfjs-core file that a package's code would get. */
function coreOf(entry: string): string {
  return createRequire(entry).resolve('@tensorflow/tfjs-core');
}

/**
 * Why a tfjs package cannot be added to our tfjs: it would bring a tfjs-core of its own, whose kernels and tensors ours
 * does not know.
 * @returns undefined where both share one
 */
export function foreignCore({ name, entry }: InstalledPackage): string | undefined {
  const own = coreOf(createRequire(import.meta.url).resolve('@tensorflow/tfjs'));
  const other = coreOf(entry);
  if (own === other) return undefined;
  return `${name} would use another copy of @tensorflow/tfjs-core (${other}) than Foretoken (${own}); run npm dedupe, or install it where Foretoken is installed`;
}
