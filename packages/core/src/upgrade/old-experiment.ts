import { ForetokenError } from '@foretoken/engine/errors';
import { CONFIG_VERSION, type Experiment } from '../config/experiment.ts';
import { experimentHash, hashJson } from '../config/hash.ts';
import { resolveExperiment } from '../config/resolve.ts';
import { sourceOf } from '../config/source-map.ts';
import type { Json } from '../contracts/json.ts';
import type { JsonObject } from '../files/json-file.ts';
import type { PluginLoader } from '../plugins/loader.ts';

/** What a saved experiment is completed with. */
export interface CompletionOptions {
  readonly plugins: PluginLoader;
  /** Folder that the experiment's relative paths and packages start from. */
  readonly baseDirectory: string;
}

/**
 * A saved experiment as this release would have saved it: what has become an option since has the default that does what
 * was done before, and everything else is as it was.
 * @param file - for messages
 * @throws FILE_CORRUPT if it lists no packages, and as `resolveExperiment` and `loadPluginPackage`
 */
export async function completeOldExperiment(
  file: string,
  saved: JsonObject,
  { plugins, baseDirectory }: CompletionOptions,
): Promise<Experiment> {
  const packages = saved.plugins;
  if (!Array.isArray(packages) || !packages.every((name) => typeof name === 'string')) {
    throw new ForetokenError(
      'FILE_CORRUPT',
      `${file} is no saved experiment: plugins must be a list of names. Restore it.`,
    );
  }
  const registry = await plugins.registryFor(packages as string[], baseDirectory);
  const value = { ...saved, formatVersion: CONFIG_VERSION } as unknown as Json;
  const complete = resolveExperiment(sourceOf(value, file), registry, baseDirectory);
  const asSaved = value as unknown as Experiment;
  // Nothing to add: as it stands, in the order that it stands in.
  return hashJson(complete) === hashJson(asSaved) ? asSaved : complete;
}

/** The hashes by which checkpoints of version 1 name their configuration: at first all of it, then what is identifying. */
export function oldHashes(saved: JsonObject): readonly string[] {
  const configuration = { ...saved, formatVersion: CONFIG_VERSION };
  const identifying = () => experimentHash(configuration as unknown as Experiment);
  return [hashJson(configuration), ...('engine' in saved && 'model' in saved ? [identifying()] : [])];
}
