import { type TSchema, Type } from 'typebox';
import type { Json } from '../contracts/json.ts';
import type { PluginKind } from '../plugins/define.ts';
import type { JsonSchema } from '../plugins/options-schema.ts';
import type { PluginListing, Registry } from '../plugins/registry.ts';
import { experimentSchema, type ReferenceOptions } from './schema.ts';

/**
 * The JSON Schema of experiment files as these plugins make it: editors complete names, options and their defaults from
 * it. Every plugin has an entry of its own under `$defs`.
 */
export function experimentJsonSchema(registry: Registry): JsonSchema {
  const definitions: Record<string, JsonSchema> = {};
  const reference = (kind: PluginKind, options: ReferenceOptions = {}): TSchema => {
    const listings = registry.list().filter((listing) => listing.kind === kind);
    const bare = listings.filter(({ options: own }) => !hasRequired(own));
    const names = Type.Unsafe<string>({ type: 'string', enum: bare.map(({ name }) => name) });
    const mappings = listings.map((listing) => {
      Object.assign(definitions, definitionsOf(listing, options));
      return Type.Unsafe<unknown>({ $ref: `#/$defs/${keyOf(listing)}` });
    });
    return Type.Union(bare.length > 0 ? [names, ...mappings] : mappings);
  };
  const schema = asJson(experimentSchema(reference));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Foretoken experiment',
    ...schema,
    $defs: asJson(definitions),
  };
}

const asJson = (schema: object): JsonSchema => JSON.parse(JSON.stringify(schema)) as JsonSchema;

const keyOf = ({ kind, name }: PluginListing): string => `${kind}.${name}`;

const hasRequired = (options: JsonSchema): boolean => {
  const required = (options.required ?? []) as readonly string[];
  const properties = (options.properties ?? {}) as { readonly [name: string]: JsonSchema };
  return required.some((name) => properties[name]?.default === undefined);
};

/** A plugin's options with its name and the framework's keys beside them, and the options alone if they refer to themselves. */
function definitionsOf(listing: PluginListing, { fallback, extra = {} }: ReferenceOptions): Record<string, JsonSchema> {
  const { name } = listing;
  const alone = `${keyOf(listing)}.options`;
  const options = rebase(listing.options, `#/$defs/${alone}`) as JsonSchema;
  const isRecursive = JSON.stringify(options) !== JSON.stringify(listing.options);
  const properties = (options.properties ?? {}) as { readonly [name: string]: JsonSchema };
  const required = ((options.required ?? []) as readonly string[]).filter(
    (option) => properties[option]?.default === undefined,
  );
  const { $defs: _, ...beside } = options;
  const mapping = {
    ...beside,
    properties: {
      name: { type: 'string', const: name },
      ...(extra as { readonly [key: string]: Json }),
      ...properties,
    },
    required: [...(name === fallback ? [] : ['name']), ...required],
  };
  return { [keyOf(listing)]: mapping, ...(isRecursive ? { [alone]: options } : {}) };
}

/** References inside a schema, as seen from where the schema now stands. */
function rebase(schema: Json, root: string): Json {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map((member: Json) => rebase(member, root));
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string' ? value.replace(/^#/, root) : rebase(value, root),
    ]),
  );
}

/** One option of a plugin, for documentation and help. */
export interface OptionDescription {
  readonly name: string;
  /** JSON type, or the allowed values. */
  readonly type: string;
  readonly default?: Json;
  readonly description?: string;
}

/** The options of a plugin as rows of a table. */
export function describeOptions({ options }: Pick<PluginListing, 'options'>): OptionDescription[] {
  const properties = (options.properties ?? {}) as { readonly [name: string]: JsonSchema };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    type: typeOf(property),
    ...(property.default === undefined ? {} : { default: property.default }),
    ...(typeof property.description === 'string' ? { description: property.description } : {}),
  }));
}

function typeOf(property: JsonSchema): string {
  if (Array.isArray(property.enum)) return property.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (property.const !== undefined) return JSON.stringify(property.const);
  const union = (property.anyOf ?? property.oneOf) as readonly JsonSchema[] | undefined;
  if (union) return union.map(typeOf).join(' | ');
  const limits = [
    property.minimum !== undefined ? `>= ${property.minimum}` : '',
    property.exclusiveMinimum !== undefined ? `> ${property.exclusiveMinimum}` : '',
    property.maximum !== undefined ? `<= ${property.maximum}` : '',
    property.exclusiveMaximum !== undefined ? `< ${property.exclusiveMaximum}` : '',
  ].filter(Boolean);
  const type = Array.isArray(property.type) ? property.type.join(' | ') : String(property.type ?? 'any');
  return limits.length > 0 ? `${type} ${limits.join(', ')}` : type;
}
