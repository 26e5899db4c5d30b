import { arch, cpus, platform } from 'node:os';
import { relative } from 'node:path';
import type { Engine } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import { LARGEST_RECORD, readJson, writeJson } from '../files/json-file.ts';
import type { Registry } from '../plugins/registry.ts';
import type { RunPaths } from './run-directory.ts';

/** What a run was made with, for the record. */
export interface Provenance {
  /** Where the experiment's relative paths start, from the run's folder. */
  readonly baseDirectory: string;
  /** ISO 8601. */
  readonly started: string;
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly engine: Pick<Engine, 'name' | 'threads' | 'fingerprint'>;
  /** Versions of the packages that plugins come from. */
  readonly packages: { readonly [name: string]: string };
}

/**
 * Versions, engine and machine of this process.
 * @param options.directory - the run's folder; `baseDirectory` is kept relative to it, so that both may move together
 */
export function provenanceOf(
  registry: Registry,
  engine: Engine,
  { directory, baseDirectory }: { readonly directory: string; readonly baseDirectory: string },
): Provenance {
  const packages = new Map(registry.list().map((plugin) => [plugin.package, plugin.version]));
  return {
    baseDirectory: relative(directory, baseDirectory) || '.',
    started: new Date().toISOString(),
    node: process.version,
    platform: `${platform()} ${arch()}`,
    processor: cpus()[0]?.model ?? 'unknown',
    engine: { name: engine.name, threads: engine.threads, fingerprint: engine.fingerprint },
    packages: Object.fromEntries([...packages].sort()),
  };
}

/** Records what a run starts with. */
export async function writeProvenance(paths: RunPaths, provenance: Provenance): Promise<void> {
  await writeJson(paths.provenance, { ...provenance });
}

/**
 * Makes sure that a run goes on with the engine that it was started on: with another, its steps so far and those to
 * come would not be the steps of any one run. The record stays that of the start, but for where paths start from.
 * @throws RUN_MISMATCH naming both engines
 */
export async function continueProvenance(paths: RunPaths, now: Provenance): Promise<void> {
  const before = (await readJson(paths.provenance, { largest: LARGEST_RECORD })) as unknown as Provenance;
  if (typeof before.engine?.name !== 'string' || typeof before.engine.fingerprint !== 'string') {
    throw new ForetokenError(
      'FILE_CORRUPT',
      `${paths.provenance} does not name the engine that the run was started on. Restore it, or start a new run.`,
    );
  }
  if (before.engine.fingerprint === now.engine.fingerprint) {
    await writeProvenance(paths, { ...before, baseDirectory: now.baseDirectory });
    return;
  }
  const { name } = before.engine;
  const mend = name === now.engine.name ? 'Use the versions and machine of then' : `Ask for the engine "${name}"`;
  throw new ForetokenError(
    'RUN_MISMATCH',
    `${paths.root} was started on engine "${name}" (${before.engine.fingerprint}), this is "${now.engine.name}" ` +
      `(${now.engine.fingerprint}), whose results differ in their bits. ${mend}, or start a new run in another folder.`,
  );
}
