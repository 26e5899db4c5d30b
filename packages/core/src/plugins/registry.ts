import { ForetokenError } from '@foretoken/engine/errors';
import type { Json } from '../contracts/json.ts';
import { checkDefinition, type PluginSource, saidSource } from './check-definition.ts';
import { didYouMean } from './closest.ts';
import { type Definition, PLUGIN_KINDS, type PluginKind } from './define.ts';
import { guardDefinition } from './guard.ts';
import type { GuardOptions } from './guarded/hooks.ts';
import {
  type CheckedOptions,
  type CheckingTime,
  type JsonSchema,
  type OptionsSchema,
  RESERVED_KEYS,
} from './options-schema.ts';

/** A registered plugin as `foretoken plugins` shows it. */
export interface PluginListing extends PluginSource {
  readonly kind: PluginKind;
  readonly name: string;
  /** JSON Schema of its options; its `description` is the plugin's. */
  readonly options: JsonSchema;
}

/** A plugin's name with its options beside it; the framework's own keys (see {@link RESERVED_KEYS}) are left alone. */
export type NamedOptions = { readonly name: string } & { readonly [option: string]: Json };

/** Every plugin that a run may use, by kind and name. */
export interface Registry {
  /**
   * Adds a definition. The registered copy answers for itself: what its functions throw becomes PLUGIN_FAILED.
   * The very same definition of the same package may come again, and changes nothing.
   * @param time - when its schema is compiled, which takes a while; default: at once. A schema that its package's own tests
   * compile can wait until it is used
   * @throws PLUGIN_INVALID, PLUGIN_API if the definition breaks a rule
   * @throws PLUGIN_DUPLICATE if its kind and name are taken by another definition
   */
  register(definition: Definition, source: PluginSource, time?: CheckingTime): void;
  /**
   * Takes a name away from everyone: whoever asks for the plugin gets this error. The name still counts as one that a
   * mistyped word may mean. Registering the plugin gives the name back.
   * @param reason - asked for with every use
   */
  bar(kind: PluginKind, name: string, reason: () => ForetokenError): void;
  /** Why a plugin cannot be used that is known by name; undefined if it can, or is not known. */
  barredBy(kind: PluginKind, name: string): ForetokenError | undefined;
  /** Whether a plugin is registered and not barred. */
  has(kind: PluginKind, name: string): boolean;
  /** @throws PLUGIN_UNKNOWN with what is registered and what was probably meant */
  get<Kind extends PluginKind>(kind: Kind, name: string): Definition<Kind>;
  /** Where a plugin came from. @throws PLUGIN_UNKNOWN */
  source(kind: PluginKind, name: string): PluginSource;
  /** Names of a kind, the barred ones included, sorted. */
  names(kind: PluginKind): readonly string[];
  /** Every plugin, by kind in the order of {@link PLUGIN_KINDS}, then by name. */
  list(): readonly PluginListing[];
  /** Options (without `name` and the framework's keys) with defaults filled in, and what is wrong with them. */
  inspectOptions(kind: PluginKind, reference: NamedOptions): CheckedOptions;
  /**
   * Options ready for `create`.
   * @param where - a place for the message, such as `experiment.yaml:4:9`
   * @throws PLUGIN_UNKNOWN, OPTIONS_INVALID with every problem
   */
  checkOptions(kind: PluginKind, reference: NamedOptions, where: string): Readonly<Record<string, Json>>;
  /** A registry that starts with these plugins; what is added to it does not show in this one. */
  extend(): Registry;
}

interface Entry {
  /** As it was given, to recognize it when its package is named twice. */
  readonly given: Definition;
  readonly definition: Definition;
  readonly options: OptionsSchema;
  readonly source: PluginSource;
}

type Bars = Map<string, () => ForetokenError>;

/** An empty registry. @param options - how its plugins are guarded */
export function createRegistry(options: GuardOptions = {}): Registry {
  return new PluginRegistry(new Map(), new Map(), options);
}

/** The message of PLUGIN_UNKNOWN: what is not there, what was probably meant, what is there. */
export function unknownPlugin(kind: PluginKind, name: string, names: readonly string[]): string {
  const registered = names.length > 0 ? names.join(', ') : 'none';
  return `no ${kind} ${JSON.stringify(name)}.${didYouMean(name, names)} Registered ${plural(kind)}: ${registered}.`;
}

/** The plural of a kind, for messages and tables. */
export const plural = (kind: PluginKind): string =>
  (kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`).replaceAll('-', ' ');

const keyOf = (kind: string, name: string): string => `${kind}/${name}`;

class PluginRegistry implements Registry {
  readonly #entries: Map<string, Entry>;
  readonly #bars: Bars;
  readonly #guard: GuardOptions;

  constructor(entries: Map<string, Entry>, bars: Bars, guard: GuardOptions) {
    this.#entries = entries;
    this.#bars = bars;
    this.#guard = guard;
  }

  register(definition: Definition, source: PluginSource, time?: CheckingTime): void {
    const entry = checkedEntry(this.#entries, definition, source, time);
    if (entry) {
      const guarded = guardDefinition(entry.definition, entry.source, this.#guard);
      this.#entries.set(keyOf(guarded.kind, guarded.name), { ...entry, definition: guarded });
    }
    this.#bars.delete(keyOf(definition.kind, definition.name));
  }

  bar(kind: PluginKind, name: string, reason: () => ForetokenError): void {
    this.#bars.set(keyOf(kind, name), reason);
  }

  barredBy(kind: PluginKind, name: string): ForetokenError | undefined {
    return this.#bars.get(keyOf(kind, name))?.();
  }

  has(kind: PluginKind, name: string): boolean {
    return this.#entries.has(keyOf(kind, name)) && !this.#bars.has(keyOf(kind, name));
  }

  get<Kind extends PluginKind>(kind: Kind, name: string): Definition<Kind> {
    return this.#find(kind, name).definition as Definition<Kind>;
  }

  source(kind: PluginKind, name: string): PluginSource {
    return this.#find(kind, name).source;
  }

  names(kind: PluginKind): readonly string[] {
    return [...new Set([...this.#entries.keys(), ...this.#bars.keys()])]
      .filter((key) => key.startsWith(keyOf(kind, '')))
      .map((key) => key.slice(kind.length + 1))
      .sort();
  }

  list(): readonly PluginListing[] {
    const listed = (kind: PluginKind) =>
      this.names(kind).flatMap((name) => listing(this.#entries.get(keyOf(kind, name))));
    return PLUGIN_KINDS.flatMap(listed);
  }

  inspectOptions(kind: PluginKind, reference: NamedOptions): CheckedOptions {
    const reserved = ['name', ...RESERVED_KEYS[kind]];
    const own = Object.entries(reference).filter(([key]) => !reserved.includes(key));
    return this.#find(kind, reference.name).options.check(Object.fromEntries(own));
  }

  checkOptions(kind: PluginKind, reference: NamedOptions, where: string): Readonly<Record<string, Json>> {
    const { options, problems } = this.inspectOptions(kind, reference);
    if (problems.length === 0) return Object.freeze(options);
    const sentences = problems.map(
      ({ path, sentence }) => `${path.join('.')} ${sentence.replace(/\.$/, '')} (${where}).`,
    );
    const message = `${kind} "${reference.name}": ${sentences.join(' ')}`;
    throw new ForetokenError('OPTIONS_INVALID', message, { problems: sentences });
  }

  extend(): Registry {
    return new PluginRegistry(new Map(this.#entries), new Map(this.#bars), this.#guard);
  }

  #find(kind: PluginKind, name: string): Entry {
    const barred = this.barredBy(kind, name);
    if (barred) throw barred;
    const entry = this.#entries.get(keyOf(kind, name));
    if (!entry) throw new ForetokenError('PLUGIN_UNKNOWN', unknownPlugin(kind, name, this.names(kind)));
    return entry;
  }
}

/** @returns undefined for the very same definition of the same package, once more */
function checkedEntry(
  entries: ReadonlyMap<string, Entry>,
  value: Definition,
  given: PluginSource,
  time?: CheckingTime,
): Entry | undefined {
  const { package: from, version, api, directory, discoveredAs } = given;
  const source = Object.freeze({
    ...{ package: from, version, api },
    ...(directory !== undefined && { directory }),
    ...(discoveredAs !== undefined && { discoveredAs }),
  });
  const { definition, options } = checkDefinition(value, source, time);
  const key = keyOf(definition.kind, definition.name);
  const other = entries.get(key);
  if (other?.given === value && other.source.package === source.package) return undefined;
  refuseSecondCopy(entries, source);
  if (other) throw duplicatePlugin(definition, [other.source, source], whichToRemove(other.source, source));
  return { given: value, definition, options, source };
}

/** Results are kept by the name of their package and the hash of its folder, which must mean one folder. */
function refuseSecondCopy(entries: ReadonlyMap<string, Entry>, source: PluginSource): void {
  const first = [...entries.values()].find((entry) => entry.source.package === source.package)?.source;
  if (first?.directory === undefined || source.directory === undefined || first.directory === source.directory) return;
  throw new ForetokenError(
    'PLUGIN_DUPLICATE',
    `there are two copies of ${source.package}: ${saidSource(first)} in ${first.directory} and ${saidSource(source)} in ` +
      `${source.directory}. An experiment uses one copy of a package: take the other one out of \`plugins\`.`,
  );
}

/** The error of one name that two packages provide. @param fix - a sentence */
export function duplicatePlugin(
  { kind, name }: { readonly kind: PluginKind; readonly name: string },
  [one, other]: readonly [PluginSource, PluginSource],
  fix: string,
): ForetokenError {
  const who = `${kind} "${name}" is provided by both ${saidSource(one)} and ${saidSource(other)}`;
  return new ForetokenError('PLUGIN_DUPLICATE', `${who}. ${fix}`);
}

const whichToRemove = (...sources: readonly PluginSource[]): string =>
  sources.some(({ directory }) => directory === undefined)
    ? 'Remove one of the two: a package from `plugins`, or what the application registers itself.'
    : 'Remove one of the two packages from `plugins`.';

function listing(entry: Entry | undefined): PluginListing[] {
  if (entry === undefined) return [];
  const { definition, options, source } = entry;
  const { package: from, version, api } = source;
  const { kind, name } = definition;
  return [{ kind, name, package: from, version, api, options: options.schema }];
}
