import { type ForetokenError, isForetokenError } from '@foretoken/engine/errors';
import { type AvailablePlugins, offerDependencies } from './available.ts';
import type { PluginKind } from './define.ts';
import { createImportStopper, NO_STOPPER } from './import-stopper.ts';
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
  /**
   * What a configuration that people write may use: the same, and what the project's direct dependencies provide. A saved
   * experiment lists all that it uses, so it needs no more than {@link registryFor}.
   */
  availableTo(specifiers: readonly string[], from: string): Promise<AvailablePlugins>;
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
  const { builtIns: names, from, roots = [], timeoutMs, watch } = options;
  const loader = loaderOf(createRegistry({ watch }), { roots: [...roots, from], timeoutMs, watch });
  // A run uses a few of them.
  for (const name of names) {
    const loaded = await loadPluginPackage(name, { from, roots, timeoutMs, watch, stopper: NO_STOPPER });
    registerPackage(loader.builtIns, loaded, 'tested');
  }
  return loader;
}

/** A loader whose built-in plugins are registered already. */
export function loaderOf(builtIns: Registry, options: Omit<LoadOptions, 'from'> = {}): PluginLoader {
  const packages = new Map<string, Promise<PluginPackage>>();
  const stopper = createImportStopper();
  const load = (specifier: string, from: string): Promise<PluginPackage> => {
    const key = JSON.stringify([from, specifier]);
    const known = packages.get(key);
    if (known) return known;
    const loading = loadPluginPackage(specifier, { stopper, ...options, from });
    packages.set(key, loading);
    // A package that is installed after a failure is found by the next attempt.
    loading.catch(() => packages.delete(key));
    return loading;
  };
  return {
    builtIns,
    load,
    async registryFor(specifiers, from) {
      const registry = builtIns.extend();
      for (const specifier of specifiers) registerPackage(registry, await load(specifier, from), 'when used');
      return registry;
    },
    availableTo: (specifiers, from) => available(builtIns, specifiers, from, (specifier) => load(specifier, from)),
  };
}

async function available(
  builtIns: Registry,
  specifiers: readonly string[],
  from: string,
  load: (specifier: string) => Promise<PluginPackage>,
): Promise<AvailablePlugins> {
  const registry = builtIns.extend();
  const listed = new Set(specifiers);
  const failures: { specifier: string; error: ForetokenError }[] = [];
  for (const specifier of specifiers) {
    try {
      const loaded = await load(specifier);
      listed.add(loaded.package);
      registerPackage(registry, loaded, 'when used');
    } catch (error) {
      if (!isForetokenError(error)) throw error;
      failures.push({ specifier, error });
    }
  }
  const isBuiltIn = (kind: PluginKind, name: string): boolean => builtIns.has(kind, name);
  return offerDependencies({ registry, failures, listed, from, load, isBuiltIn });
}
