import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ForetokenError, isForetokenError } from '@foretoken/engine/errors';
import type { Json } from '../contracts/json.ts';
import { registerPackage } from '../plugins/load.ts';
import type { PluginLoader } from '../plugins/loader.ts';
import type { Registry } from '../plugins/registry.ts';
import type { Experiment } from './experiment.ts';
import { applyOverrides, type Override } from './overrides.ts';
import { type ConfigProblem, refuseUnreadable, throwProblems } from './report.ts';
import { inspectExperiment } from './resolve.ts';
import { member, parseSource, type Source } from './source-map.ts';

/** An experiment with what its file brought along. */
export interface LoadedExperiment {
  readonly experiment: Experiment;
  /** The built-in plugins and those of the packages that the experiment names. */
  readonly registry: Registry;
  /** Folder of the configuration file: relative paths in it start here. */
  readonly baseDirectory: string;
}

/** What loading needs besides the file. */
export interface LoadExperimentOptions {
  readonly plugins: PluginLoader;
  /** Put over the file before anything is checked. */
  readonly overrides?: readonly Override[];
}

/**
 * Reads an experiment file, loads the plugin packages it names, checks everything, and writes out every default.
 *
 * @param file - a path, or a text with the path that messages name and relative paths start from
 * @throws CONFIG_NOT_FOUND, CONFIG_SYNTAX, FORMAT_VERSION, and as {@link resolveExperiment} with every mistake at once
 */
export async function loadExperiment(
  file: string | { readonly text: string; readonly path: string },
  { plugins, overrides = [] }: LoadExperimentOptions,
): Promise<LoadedExperiment> {
  const text = typeof file === 'string' ? readConfigFile(file) : file.text;
  const filePath = typeof file === 'string' ? file : file.path;
  const parsed = parseSource(text, filePath);
  refuseUnreadable(parsed);
  return loadSource(applyOverrides(parsed, overrides), path.dirname(path.resolve(filePath)), plugins);
}

/** The same for a source that was parsed already, such as the `base` of an ablation. @throws as {@link loadExperiment} */
export async function loadSource(
  source: Source,
  baseDirectory: string,
  plugins: PluginLoader,
): Promise<LoadedExperiment> {
  refuseUnreadable(source);
  const { registry, problems: missing } = await loadPlugins(source, baseDirectory, plugins);
  const { experiment, problems } = inspectExperiment(source, registry, baseDirectory);
  // While a package is missing, nobody can tell which names are wrong.
  const certain = missing.length > 0 ? problems.filter(({ code }) => code !== 'PLUGIN_UNKNOWN') : problems;
  throwProblems(source, [...missing, ...certain]);
  return { experiment, registry, baseDirectory };
}

/** A configuration file's text. @throws CONFIG_NOT_FOUND */
export function readConfigFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : `${code}`;
    const sentence = `${file} cannot be read: ${reason} (looked in ${path.dirname(path.resolve(file))}). Check the path.`;
    throw new ForetokenError('CONFIG_NOT_FOUND', sentence, { cause });
  }
}

async function loadPlugins(
  source: Source,
  from: string,
  plugins: PluginLoader,
): Promise<{ registry: Registry; problems: ConfigProblem[] }> {
  const registry = plugins.builtIns.extend();
  const problems: ConfigProblem[] = [];
  const named: Json | undefined = member(source.value, 'plugins');
  for (const [i, specifier] of (Array.isArray(named) ? named : []).entries()) {
    if (typeof specifier !== 'string' || specifier === '') continue;
    try {
      registerPackage(registry, await plugins.load(specifier, from));
    } catch (error) {
      if (!isForetokenError(error)) throw error;
      const sentence = error.message.replace(`${error.code}: `, '');
      problems.push({ code: error.code, path: ['plugins', i], sentence });
    }
  }
  return { registry, problems };
}
