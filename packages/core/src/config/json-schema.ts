import { type TSchema, Type } from 'typebox';
import type { Json } from '../contracts/json.ts';
import type { PluginKind } from '../plugins/define.ts';
import type { JsonSchema } from '../plugins/options-schema.ts';
import type { PluginListing, Registry } from '../plugins/registry.ts';
import { experimentSchema, type ReferenceOptions } from './schema.ts';

/**
 * The JSON Schema of experiment files as these plugins make it: editors complete names, options and their defaults from
 * it. Each plugin's options stand under `$defs` as a schema of their own, so that its inner references keep working.
 */
export function experimentJsonSchema(registry: Registry): JsonSchema {
  const reference = (kind: PluginKind, options: ReferenceOptions = {}): TSchema => {
    const listings = registry.list().filter((listing) => listing.kind === kind);
    const bare = listings.filter(({ options: own }) => !hasRequired(own));
    const mappings = listings.map((listing) => Type.Unsafe<unknown>(mappingOf(listing, options)));
    const names = Type.Unsafe<string>({ type: 'string', enum: bare.map(({ name }) => name) });
    return Type.Union(bare.length > 0 ? [names, ...mappings] : mappings);
  };
  const schema = JSON.parse(JSON.stringify(experimentSchema(reference))) as Record<string, Json>;
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Foretoken experiment', ...schema };
}

const hasRequired = (options: JsonSchema): boolean => {
  const required = (options.required ?? []) as readonly string[];
  const properties = (options.properties ?? {}) as { readonly [name: string]: JsonSchema };
  return required.some((name) => properties[name]?.default === undefined);
};

/** A plugin's options with its name and the framework's keys beside them. */
function mappingOf({ kind, name, options }: PluginListing, { fallback, extra = {} }: ReferenceOptions): JsonSchema {
  const properties = (options.properties ?? {}) as { readonly [name: string]: JsonSchema };
  const required = ((options.required ?? []) as readonly string[]).filter(
    (option) => properties[option]?.default === undefined,
  );
  const needed = [...(name === fallback ? [] : ['name']), ...required];
  return {
    ...options,
    // An identity of its own: "#/$defs/..." inside the options means the options' definitions.
    $id: `foretoken:${kind}/${name}`,
    properties: { name: { const: name }, ...(extra as { readonly [key: string]: Json }), ...properties },
    required: needed,
  };
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
