import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Manifest, resolveExport } from '@foretoken/core';
import { isForetokenError } from '@foretoken/engine/errors';
import type { StagedPackage } from '../subject/stage.ts';
import { type ModuleFacts, readModule } from './read-module.ts';
import type { Syntax } from './syntax.ts';

/** A module that a host would run. */
export interface ReadModule extends ModuleFacts {
  /** Inside the package. */
  readonly path: string;
  /** Relative imports of it that lead to no file of the package. */
  readonly broken: readonly { readonly specifier: string; readonly line: number }[];
}

/** Reads the modules that run when a host loads what the manifest promises: the exports, and what they import of the package. */
export function readReachable(syntax: Syntax, staged: StagedPackage, manifest: Manifest): readonly ReadModule[] {
  const contents = new Map(staged.files.map((file) => [file.path, file.content]));
  const found = new Map<string, ReadModule>();
  const open = manifest.provides.flatMap((promised) => entryOf(staged, promised.export, manifest));
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    const content = contents.get(file);
    if (found.has(file) || content === undefined || !/\.[cm]?js$/.test(file)) continue;
    const facts = readModule(syntax, file, new TextDecoder().decode(content));
    const own = facts.imports.flatMap(({ specifier, line }) =>
      specifier?.startsWith('.')
        ? [{ specifier, line, target: path.posix.join(path.posix.dirname(file), specifier) }]
        : [],
    );
    // A `require` may leave the ending out; an import may not.
    const broken = own.filter(
      ({ target }) => !['', '.js', '.cjs', '/index.js'].some((end) => contents.has(target + end)),
    );
    found.set(file, { ...facts, path: file, broken });
    open.push(...own.map(({ target }) => target));
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function entryOf({ directory, packageJson }: StagedPackage, entry: string, manifest: Manifest): readonly string[] {
  try {
    const file = fileURLToPath(resolveExport({ directory, packageJson }, entry, manifest));
    return [path.relative(directory, file).split(path.sep).join('/')];
  } catch (error) {
    // Said with the manifest.
    if (isForetokenError(error)) return [];
    throw error;
  }
}
