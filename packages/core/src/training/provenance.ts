import { arch, cpus, platform } from 'node:os';
import { relative } from 'node:path';
import type { Engine } from '@foretoken/engine';
import type { Registry } from '../plugins/registry.ts';

/**
 * What a run was made with, for the record: versions, engine, machine, and where its relative paths start.
 * @param options.directory - the run's folder; `baseDirectory` is kept relative to it, so that both may move together
 */
export function provenanceOf(
  registry: Registry,
  engine: Engine,
  { directory, baseDirectory }: { readonly directory: string; readonly baseDirectory: string },
) {
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
