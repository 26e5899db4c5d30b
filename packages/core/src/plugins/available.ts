import { ForetokenError, isForetokenError } from '@foretoken/engine/errors';
import { type PluginSource, saidSource } from './check-definition.ts';
import type { PluginKind } from './define.ts';
import { type Discovered, type Discovery, discoverPackages } from './discover.ts';
import type { PluginPackage } from './load.ts';
import type { Promised } from './manifest.ts';
import { duplicatePlugin, type Registry } from './registry.ts';

/** What a configuration that people write may use. */
export interface AvailablePlugins {
  /**
   * The built-in plugins, those of the listed packages, and, barred until {@link workOut} needs them, those of the
   * project's direct dependencies.
   */
  readonly registry: Registry;
  /** Listed packages that could not be loaded. */
  readonly failures: readonly { readonly specifier: string; readonly error: ForetokenError }[];
  /** What was found among the project's dependencies. */
  readonly discovery: Discovery;
  /**
   * What `work` gives once every plugin that it asks the registry for is loaded: it runs again after each time that it
   * asked for one which was not.
   */
  workOut<T>(work: (registry: Registry) => T): Promise<T>;
  /**
   * Loads every package there is, and checks every schema of options that is not built in.
   * @returns what is wrong with those that cannot be had, and which names clash
   */
  loadAll(): Promise<readonly ForetokenError[]>;
}

/** What the plugins of dependencies are offered beside. */
export interface OfferOptions {
  readonly registry: Registry;
  readonly failures: AvailablePlugins['failures'];
  /** The packages that the configuration lists: their names, and as it lists them. */
  readonly listed: ReadonlySet<string>;
  /** Folder of the configuration file. */
  readonly from: string;
  readonly load: (specifier: string) => Promise<PluginPackage>;
  readonly isBuiltIn: (kind: PluginKind, name: string) => boolean;
}

/**
 * Offers the plugins of a project's direct dependencies to whoever asks the registry for them by name. Only manifests are
 * read before that, so a dependency that nobody uses changes nothing, broken or not.
 *
 * A name that a second package provides is an error where it is used, unless the configuration lists one of the two: it
 * says which is meant.
 */
export function offerDependencies(options: OfferOptions): AvailablePlugins {
  const { registry, failures, listed, from, load, isBuiltIn } = options;
  const taken = new Set([...registry.list().map((one) => one.package), ...listed]);
  const discovery = discoverPackages(from, taken);
  const waiting = new Set(discovery.packages);
  const wanted = new Set<Discovered>();
  const { offers, clashes } = makeOffers(registry, discovery.packages, listed, (one) => wanted.add(one));
  const take = async (one: Discovered): Promise<ForetokenError[]> => {
    waiting.delete(one);
    return takeOffer(registry, one, offers.get(one) ?? [], load);
  };
  return {
    ...{ registry, failures, discovery },
    async workOut(work) {
      for (;;) {
        const result = work(registry);
        const some = [...wanted].filter((one) => waiting.has(one));
        if (some.length === 0) return result;
        for (const one of some) await take(one);
      }
    },
    async loadAll() {
      const errors: ForetokenError[] = [];
      for (const one of waiting) errors.push(...(await take(one)));
      return [...clashes, ...errors, ...wrongSchemas(registry, isBuiltIn)];
    },
  };
}

/** Bars every name that dependencies provide, and says which of them are free to be used once their package is loaded. */
function makeOffers(
  registry: Registry,
  packages: readonly Discovered[],
  listed: ReadonlySet<string>,
  ask: (wanted: Discovered) => void,
): { readonly offers: ReadonlyMap<Discovered, readonly Promised[]>; readonly clashes: readonly ForetokenError[] } {
  const clashes: ForetokenError[] = [];
  const offers = new Map(packages.map((one) => [one, [] as Promised[]]));
  for (const { promised, by } of byName(packages)) {
    const { kind, name } = promised;
    const registered = registry.has(kind, name) ? [registry.source(kind, name)] : [];
    if (registered.some((source) => listed.has(source.package))) continue;
    const [one, other] = [...registered, ...by.map(({ manifest }) => manifest)];
    if (other) {
      const clash = duplicatePlugin(
        promised,
        [one, other],
        registered.length > 0 ? whoStays(one, other) : WHICH_IS_MEANT,
      );
      clashes.push(clash);
      registry.bar(kind, name, () => clash);
    } else {
      offers.get(by[0])?.push(promised);
      registry.bar(kind, name, () => {
        ask(by[0]);
        return notLoaded(promised, by[0]);
      });
    }
  }
  return { offers, clashes };
}

const WHICH_IS_MEANT = 'List the package that is meant in `plugins`, or uninstall the other.';

/** What is registered already cannot be replaced: only its own package can be the one that is meant. */
const whoStays = (registered: PluginSource, other: PluginSource): string =>
  registered.directory === undefined
    ? `Uninstall ${other.package}, or register another name.`
    : `List ${registered.package} in \`plugins\` to use its own, which cannot be replaced, or uninstall ${other.package}.`;

/** Every name that packages provide, with those that provide it. */
function byName(packages: readonly Discovered[]): { readonly promised: Promised; readonly by: Discovered[] }[] {
  const names = new Map<string, { readonly promised: Promised; readonly by: Discovered[] }>();
  for (const one of packages) {
    for (const promised of one.manifest.provides) {
      const key = `${promised.kind}/${promised.name}`;
      names.set(key, { promised, by: [...(names.get(key)?.by ?? []), one] });
    }
  }
  return [...names.values()];
}

const notLoaded = ({ kind, name }: Promised, { specifier, manifest }: Discovered): ForetokenError =>
  new ForetokenError(
    'PLUGIN_UNKNOWN',
    `${kind} "${name}" is provided by ${saidSource(manifest)}, which is not loaded. Add "${specifier}" to \`plugins\`.`,
  );

/** Registers what one package offers; what cannot be had stays barred, by the reason. */
async function takeOffer(
  registry: Registry,
  { specifier }: Discovered,
  offered: readonly Promised[],
  load: OfferOptions['load'],
): Promise<ForetokenError[]> {
  const errors = new Set<ForetokenError>();
  const attempt = async (names: readonly Promised[], work: () => unknown): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!isForetokenError(error)) throw error;
      errors.add(error);
      for (const { kind, name } of names) registry.bar(kind, name, () => error);
    }
  };
  await attempt(offered, async () => {
    const from = await load(specifier);
    for (const promised of offered) {
      const found = from.definitions.find(({ kind, name }) => kind === promised.kind && name === promised.name);
      if (found)
        await attempt([promised], () => registry.register(found, { ...from, discoveredAs: specifier }, 'when used'));
    }
  });
  return [...errors];
}

/** Meets every schema with options that it may refuse, which finds those that are none. */
function wrongSchemas(registry: Registry, isBuiltIn: OfferOptions['isBuiltIn']): ForetokenError[] {
  return registry.list().flatMap(({ kind, name }) => {
    if (isBuiltIn(kind, name) || !registry.has(kind, name)) return [];
    try {
      registry.inspectOptions(kind, { name });
      return [];
    } catch (error) {
      if (!isForetokenError(error)) throw error;
      return [error];
    }
  });
}
