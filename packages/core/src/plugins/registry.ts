import { ForetokenError } from '@foretoken/engine/errors';
import type { Json } from '../contracts/json.ts';
import { checkDefinition, type PluginSource, saidSource } from './check-definition.ts';
import { didYouMean } from './closest.ts';
import { type Definition, PLUGIN_KINDS, type PluginKind } from './define.ts';
import { guardDefinition } from './guard.ts';
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
  has(kind: PluginKind, name: string): boolean;
  /** @throws PLUGIN_UNKNOWN with what is registered and what was probably meant */
  get<Kind extends PluginKind>(kind: Kind, name: string): Definition<Kind>;
  /** Where a plugin came from. @throws PLUGIN_UNKNOWN */
  source(kind: PluginKind, name: string): PluginSource;
  /** Names of a kind, sorted. */
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

/** An empty registry. */
export function createRegistry(): Registry {
  return registryOf(new Map());
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

function registryOf(entries: Map<string, Entry>): Registry {
  const names = (kind: PluginKind): string[] =>
    [...entries.values()]
      .filter((entry) => entry.definition.kind === kind)
      .map((entry) => entry.definition.name)
      .sort();

  const find = (kind: PluginKind, name: string): Entry => {
    const entry = entries.get(keyOf(kind, name));
    if (!entry) throw new ForetokenError('PLUGIN_UNKNOWN', unknownPlugin(kind, name, names(kind)));
    return entry;
  };

  const inspectOptions = (kind: PluginKind, reference: NamedOptions): CheckedOptions => {
    const reserved = ['name', ...RESERVED_KEYS[kind]];
    const own = Object.entries(reference).filter(([key]) => !reserved.includes(key));
    return find(kind, reference.name).options.check(Object.fromEntries(own));
  };

  return {
    register: (definition, source, time) => add(entries, definition, source, time),
    has: (kind, name) => entries.has(keyOf(kind, name)),
    get: <Kind extends PluginKind>(kind: Kind, name: string) => find(kind, name).definition as Definition<Kind>,
    source: (kind, name) => find(kind, name).source,
    names,
    list: () => PLUGIN_KINDS.flatMap((kind) => names(kind).map((name) => listing(find(kind, name)))),
    inspectOptions,
    checkOptions(kind, reference, where) {
      const { options, problems } = inspectOptions(kind, reference);
      if (problems.length === 0) return Object.freeze(options);
      const sentences = problems.map(
        ({ path, sentence }) => `${path.join('.')} ${sentence.replace(/\.$/, '')} (${where}).`,
      );
      const message = `${kind} "${reference.name}": ${sentences.join(' ')}`;
      throw new ForetokenError('OPTIONS_INVALID', message, { problems: sentences });
    },
    extend: () => registryOf(new Map(entries)),
  };
}

function add(entries: Map<string, Entry>, value: Definition, given: PluginSource, time?: CheckingTime): void {
  const { package: from, version, api, directory } = given;
  const source = Object.freeze({ package: from, version, api, ...(directory !== undefined && { directory }) });
  const { definition, options } = checkDefinition(value, source, time);
  const key = keyOf(definition.kind, definition.name);
  const other = entries.get(key);
  if (other?.given === value && other.source.package === source.package) return;
  if (other) {
    throw new ForetokenError(
      'PLUGIN_DUPLICATE',
      `${definition.kind} "${definition.name}" is provided by both ${saidSource(other.source)} and ${saidSource(source)}. ` +
        whichToRemove(other.source, source),
    );
  }
  entries.set(key, { given: value, definition: guardDefinition(definition, source), options, source });
}

const whichToRemove = (...sources: readonly PluginSource[]): string =>
  sources.some(({ directory }) => directory === undefined)
    ? 'Remove one of the two: a package from `plugins`, or what the application registers itself.'
    : 'Remove one of the two packages from `plugins`.';

function listing({ definition, options, source }: Entry): PluginListing {
  return {
    kind: definition.kind,
    name: definition.name,
    package: source.package,
    version: source.version,
    api: source.api,
    options: options.schema,
  };
}
