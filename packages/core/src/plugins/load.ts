import { ForetokenError } from '@foretoken/engine/errors';
import { checkApi, describe, invalid, type PluginSource, saidSource } from './check-definition.ts';
import type { Definition } from './define.ts';
import { hasOurCode, wrong } from './guarded/failure.ts';
import type { Hook, HookWatch } from './guarded/hooks.ts';
import { type Imported, importFailure } from './import-failure.ts';
import { importModule } from './import-module.ts';
import { createImportStopper, type ImportStopper } from './import-stopper.ts';
import { type Manifest, readManifest } from './manifest.ts';
import type { CheckingTime } from './options-schema.ts';
import { resolveExport } from './package-export.ts';
import { findPackage, type PackageSearch } from './package-folder.ts';
import type { Registry } from './registry.ts';

/** A plugin package whose code has been imported and found to be what its manifest promised. */
export interface PluginPackage extends PluginSource {
  readonly directory: string;
  readonly definitions: readonly Definition[];
}

/** How packages are found, and how long their code may take to load. */
export interface LoadOptions extends PackageSearch {
  /** Default: 30 seconds. A module that never finishes would otherwise end the process without a word. */
  readonly timeoutMs?: number;
  /** Told when a package is imported and when any hook of its plugins is entered and left; default: nobody. */
  readonly watch?: HookWatch;
  /** Ends code that computes for ever while it is imported. Default: one for this package alone. */
  readonly stopper?: ImportStopper;
}

/**
 * Loads a plugin package: finds its folder, checks its manifest before any of its code runs, imports each promised
 * export once, and checks that it gives exactly what was promised. Built-in packages come through here too.
 *
 * @param specifier - a package name, or a path that starts with `.` or is absolute
 * @throws PLUGIN_NOT_FOUND, PLUGIN_INVALID, PLUGIN_API, PLUGIN_FAILED
 */
export async function loadPluginPackage(specifier: string, options: LoadOptions): Promise<PluginPackage> {
  const folder = findPackage(specifier, options);
  const manifest = readManifest(folder);
  const entries = [...new Set(manifest.provides.map((promised) => promised.export))];
  const urls = entries.map((entry) => ({ entry, url: resolveExport(folder, entry, manifest) }));
  const definitions: Definition[] = [];
  for (const { entry, url } of urls) {
    definitions.push(...(await importDefinitions({ folder, url, entry, source: manifest }, manifest, options)));
  }
  const { api, version, directory } = manifest;
  return { package: manifest.package, version, api, directory, definitions };
}

/** Registers everything that a package provides. @throws PLUGIN_DUPLICATE, PLUGIN_INVALID, PLUGIN_API */
export function registerPackage(registry: Registry, from: PluginPackage, time?: CheckingTime): void {
  for (const definition of from.definitions) registry.register(definition, from, time);
}

async function importDefinitions(
  imported: Imported,
  manifest: Manifest,
  options: LoadOptions,
): Promise<readonly Definition[]> {
  const { timeoutMs = 30_000, watch, stopper = createImportStopper() } = options;
  const { url, entry, source } = imported;
  const hook: Hook = { who: `export ${JSON.stringify(entry)}`, name: 'import', source, isTimed: true };
  const who = `${saidSource(source)}, ${hook.who}`;
  let found: readonly Definition[];
  watch?.enter(hook);
  try {
    const exported = unwrapped((await importModule(url, { who, timeoutMs, stopper })).default);
    found = checkPromises(manifest, entry, definitionsOf(exported, entry, manifest));
    // Getters run here, where what they throw is said of the package.
    for (const definition of found) Object.values(definition);
  } catch (cause) {
    watch?.leave(hook);
    if (hasOurCode(cause)) throw cause;
    throw new ForetokenError('PLUGIN_FAILED', `${who}: ${importFailure(cause, imported)}`, { cause });
  }
  const misdeed = watch?.leave(hook);
  if (misdeed !== undefined) throw wrong(hook, misdeed);
  return found;
}

/** What compilers to CommonJS write for a default export arrives as a property of the default export. */
function unwrapped(exported: unknown): unknown {
  const isWrapper = typeof exported === 'object' && exported !== null && 'default' in exported;
  return isWrapper && !('kind' in exported) && !('provides' in exported) ? exported.default : exported;
}

/** The definitions of a default export: one, or a bundle's. */
function definitionsOf(exported: unknown, entry: string, source: PluginSource): readonly Definition[] {
  const who = `export ${JSON.stringify(entry)}`;
  if (typeof exported !== 'object' || exported === null) {
    throw invalid(
      source,
      who,
      `its default export must be a definition or what definePlugin returns, was ${describe(exported)}`,
    );
  }
  // The host waits for none: it may never settle.
  if ('then' in exported) {
    throw invalid(source, who, 'its default export must not be a promise', { next: 'Write "await" there.' });
  }
  if (!('provides' in exported)) return [exported as Definition];
  const bundle = exported as { api?: unknown; provides: unknown };
  checkApi(bundle.api, who, source);
  if (Array.isArray(bundle.provides) && bundle.provides.every((one) => typeof one === 'object' && one !== null)) {
    return bundle.provides;
  }
  throw invalid(source, who, `"provides" must be a list of definitions, was ${describe(bundle.provides)}`);
}

/** Exactly what the manifest promises of this export, no less and no more. */
function checkPromises(manifest: Manifest, entry: string, found: readonly Definition[]): readonly Definition[] {
  const who = `export ${JSON.stringify(entry)}`;
  const promised = manifest.provides.filter((one) => one.export === entry);
  for (const { kind, name } of promised) {
    if (found.some((one) => one.kind === kind && one.name === name)) continue;
    const other = found.find((one) => one.name === name);
    const got = other ? `gives a ${describe(other.kind)} of that name` : `gives ${saidList(found)}`;
    const next = 'Mend "foretoken.provides" or the module.';
    throw invalid(manifest, who, `package.json promises ${kind} "${name}", but it ${got}`, { next });
  }
  const extra = found.find((one) => !promised.some(({ kind, name }) => one.kind === kind && one.name === name));
  if (!extra) return found;
  const next = 'Add it there, or take it out of the module.';
  throw invalid(manifest, who, `gives ${saidList([extra])}, which "foretoken.provides" does not promise`, { next });
}

const saidList = (definitions: readonly Definition[]): string =>
  definitions.length === 0 ? 'nothing' : definitions.map((one) => `${one.kind} ${describe(one.name)}`).join(', ');
