import type { Json } from '../contracts/json.ts';
import type { AvailablePlugins } from '../plugins/available.ts';
import type { PluginLoader } from '../plugins/loader.ts';
import type { Experiment } from './experiment.ts';
import { applyOverrides, type Override } from './overrides.ts';
import { readConfiguration } from './read-configuration.ts';
import { type ConfigProblem, refuseUnreadable, throwProblems } from './report.ts';
import { inspectExperiment } from './resolve.ts';
import { MAX_LISTED } from './schema.ts';
import { member, type Source } from './source-map.ts';

/** An experiment with what its file brought along. */
export interface LoadedExperiment extends AvailablePlugins {
  readonly experiment: Experiment;
  /** Relative paths in it start here; see `readConfiguration`. */
  readonly baseDirectory: string;
}

/** What loading needs besides the file. */
export interface LoadExperimentOptions {
  readonly plugins: PluginLoader;
  /** Put over the file before anything is checked. */
  readonly overrides?: readonly Override[];
}

/**
 * Reads an experiment file, loads the plugin packages that it lists or whose plugins it names, checks everything, and writes out every default.
 *
 * @param file - a path, or a text with the path that messages name and relative paths start from
 * @throws CONFIG_NOT_FOUND, CONFIG_SYNTAX, FORMAT_VERSION, and as {@link resolveExperiment} with every mistake at once
 */
export async function loadExperiment(
  file: string | { readonly text: string; readonly path: string },
  { plugins, overrides = [] }: LoadExperimentOptions,
): Promise<LoadedExperiment> {
  const { source, baseDirectory } = readConfiguration(file);
  return loadSource(applyOverrides(source, overrides), baseDirectory, plugins);
}

/** The same for a source that was parsed already, such as the `base` of an ablation. @throws as {@link loadExperiment} */
export async function loadSource(
  source: Source,
  baseDirectory: string,
  plugins: PluginLoader,
): Promise<LoadedExperiment> {
  refuseUnreadable(source);
  const available = await plugins.availableTo(packagesListed(source), baseDirectory);
  const missing = missingPackages(source, available.failures);
  const { experiment, problems } = await available.workOut((registry) =>
    inspectExperiment(source, registry, baseDirectory),
  );
  // While a package is missing, nobody can tell which names are wrong.
  const certain = missing.length > 0 ? problems.filter(({ code }) => code !== 'PLUGIN_UNKNOWN') : problems;
  throwProblems(source, [...missing, ...certain]);
  return { ...available, experiment, baseDirectory };
}

/** Packages that a configuration lists; what is no name, or no list of them, is left to the schema. */
export function packagesListed(source: Source): string[] {
  const listed: Json | undefined = member(source.value, 'plugins');
  if (!Array.isArray(listed) || listed.length > MAX_LISTED) return [];
  return listed.filter((one): one is string => typeof one === 'string' && one !== '');
}

/**
 * What is wrong with the packages that a configuration lists, each at its place in the list.
 * @param failures - why packages of the list could not be loaded
 */
export function missingPackages(source: Source, failures: AvailablePlugins['failures']): ConfigProblem[] {
  const listed = member(source.value, 'plugins') as readonly Json[];
  return failures.map(({ specifier, error: { code, message } }) => ({
    code,
    path: ['plugins', listed.indexOf(specifier)],
    sentence: message.replace(`${code}: `, ''),
  }));
}
