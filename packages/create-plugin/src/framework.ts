import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Failure } from './failure.ts';

/** Where the framework's packages come from: a version or `file:` specifier by package name. */
export interface Framework {
  /** The version of `@foretoken/core` that the plugin is written for. */
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

const TARBALL = /^foretoken-(?:([a-z]+(?:-[a-z]+)*)-)?(\d+\.\d+\.\d+.*)\.tgz$/;

/** The framework as it is published. */
export const publishedFramework = (version: string): Framework => ({
  version,
  dependencies: { '@foretoken/core': `^${version}`, foretoken: `^${version}` },
});

/**
 * The framework from a folder of packed packages, before they are published.
 *
 * All of them are listed: what one of them needs of another is then found in the project too, not on npm.
 * @throws USAGE if the folder cannot be read, lacks one, or has one twice
 */
export function packedFramework(folder: string): Framework {
  const found = new Map<string, { readonly file: string; readonly version: string }>();
  for (const file of tarballsIn(folder)) {
    const [, name, version] = TARBALL.exec(file) as unknown as [string, string | undefined, string];
    const packageName = name === undefined ? 'foretoken' : `@foretoken/${name}`;
    const other = found.get(packageName);
    if (other) throw refused(folder, `both ${other.file} and ${file} are ${packageName}. Remove one of them`);
    found.set(packageName, { file, version });
  }
  for (const needed of ['foretoken', '@foretoken/core']) {
    if (!found.has(needed)) throw refused(folder, `it has no tarball of ${needed}. Pack the framework into it`);
  }
  const dependencies = [...found].map(([name, { file }]) => [name, `file:${path.join(folder, file)}`] as const);
  return { version: found.get('@foretoken/core')!.version, dependencies: Object.fromEntries(dependencies) };
}

function tarballsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => TARBALL.test(file))
      .sort();
  } catch (cause) {
    throw refused(folder, `it cannot be read (${(cause as NodeJS.ErrnoException).code}). Check the path`);
  }
}

const refused = (folder: string, why: string): Failure => new Failure('USAGE', `--framework ${folder}: ${why}.`);
