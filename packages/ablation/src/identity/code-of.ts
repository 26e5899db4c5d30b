import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type Experiment, type PluginKind, type PluginSource, type Registry, referencesOf } from '@foretoken/core';
import type { CodeHashes, PackageHasher } from './hash-package.ts';

/** Code that a result depends on: versions by package name. */
export type PackageVersions = { readonly [name: string]: string };

/** A package that results go through. */
export type PackageUsed = Pick<PluginSource, 'package' | 'version' | 'directory'>;

/** Where the code of an experiment is found. */
export interface CodeContext {
  readonly registry: Registry;
  /** The packages that every result depends on, whatever plugins it names. */
  readonly packages: readonly PackageUsed[];
  readonly hashPackage: PackageHasher;
}

/**
 * The code that every result goes through, beside that of plugins. Planning and reports change no result of a cell, so this
 * package is not among them.
 */
export function ownPackages(): PackageUsed[] {
  const require = createRequire(import.meta.url);
  return ['@foretoken/core', '@foretoken/engine'].map((name) => {
    const file = require.resolve(`${name}/package.json`);
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
    return { package: name, version, directory: path.dirname(file) };
  });
}

/**
 * Versions and contents of the packages that an experiment goes through.
 * @param counts - the kinds of plugins whose packages are wanted
 */
export function codeOf(
  experiment: Experiment,
  { registry, packages, hashPackage }: CodeContext,
  counts: (kind: PluginKind) => boolean,
): { readonly packages: PackageVersions; readonly code: CodeHashes } {
  const sources = referencesOf(experiment)
    .filter(({ kind }) => counts(kind))
    .map(({ kind, ref }) => registry.source(kind, ref.name));
  const byName = new Map([...packages, ...sources].map((source) => [source.package, source]));
  const used = [...byName.values()].sort((a, b) => (a.package < b.package ? -1 : 1));
  return {
    packages: Object.fromEntries(used.map((one) => [one.package, one.version])),
    code: Object.fromEntries(
      used.flatMap(({ package: name, directory }) => (directory === undefined ? [] : [[name, hashPackage(directory)]])),
    ),
  };
}
