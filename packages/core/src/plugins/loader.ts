import { type LoadOptions, loadPluginPackage, type PluginPackage, registerPackage } from './load.ts';
import { createRegistry, type Registry } from './registry.ts';

/** Plugin packages of a process: the built-in ones, and any other on request. */
export interface PluginLoader {
  /** The built-in plugins. */
  readonly builtIns: Registry;
  /**
   * Loads a package that a configuration names, once however often it is asked for.
   * @param from - folder of the configuration file
   * @throws PLUGIN_NOT_FOUND, PLUGIN_INVALID, PLUGIN_API, PLUGIN_FAILED
   */
  load(specifier: string, from: string): Promise<PluginPackage>;
  /**
   * The built-in plugins and these packages'. Each configuration has a registry of its own, so that two of them may
   * name packages that would not go together.
   */
  registryFor(specifiers: readonly string[], from: string): Promise<Registry>;
}

/** What a loader starts with. */
export interface PluginLoaderOptions extends Omit<LoadOptions, 'from'> {
  /** Packages that every configuration may use unasked, by name or path. */
  readonly builtIns: readonly string[];
  /** Folder from which the built-in packages are found. */
  readonly from: string;
}

/** Loads the built-in packages, through the same door as any other. @throws as {@link loadPluginPackage} */
export async function createPluginLoader(options: PluginLoaderOptions): Promise<PluginLoader> {
  const { roots = [], timeoutMs } = options;
  const packages = new Map<string, Promise<PluginPackage>>();
  const load = (specifier: string, from: string): Promise<PluginPackage> => {
    const key = JSON.stringify([from, specifier]);
    const known = packages.get(key);
    if (known) return known;
    const loading = loadPluginPackage(specifier, { from, roots: [...roots, options.from], timeoutMs });
    packages.set(key, loading);
    // A package that is installed after a failure is found by the next attempt.
    loading.catch(() => packages.delete(key));
    return loading;
  };
  const builtIns = createRegistry();
  // A run uses a few of them.
  for (const specifier of options.builtIns) registerPackage(builtIns, await load(specifier, options.from), 'when used');
  const registryFor = async (specifiers: readonly string[], from: string): Promise<Registry> => {
    const registry = builtIns.extend();
    for (const specifier of specifiers) registerPackage(registry, await load(specifier, from));
    return registry;
  };
  return { builtIns, load, registryFor };
}
