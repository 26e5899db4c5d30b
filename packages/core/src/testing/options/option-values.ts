import type { Json } from '../../contracts/json.ts';
import type { PluginCase } from '../plugin-case.ts';

/** At most so many values of one option are tried. */
const MOST = 6;

/** Names of the options of what is checked. */
export function optionNames(of: PluginCase): readonly string[] {
  const { kind, name } = of.subject;
  return Object.keys(of.registry.get(kind, name).options?.properties ?? {});
}

/**
 * Other values of an option that its schema takes, beside the options it is checked with: near the one it has, or
 * what the schema says where it has none or none is near it.
 *
 * @returns undefined stands for leaving the option out, the one way to change a value whose schema shows no other
 */
export function candidates(of: PluginCase, option: string): readonly (Json | undefined)[] {
  const { registry } = of;
  const { kind, name, options } = of.subject;
  const inspect = (changed: Readonly<Record<string, Json>>) => registry.inspectOptions(kind, { ...changed, name });
  const value: Json | undefined = inspect(options).options[option];
  const schema = registry.list().find((one) => one.kind === kind && one.name === name)!.options;
  const property = (schema.properties as Record<string, Json>)[option];
  const taken = [otherValues(property, value), schemaValues(property)].map((values) =>
    values.filter((other) => isOther(other, value) && inspect({ ...options, [option]: other }).problems.length === 0),
  );
  const found = taken.find((values) => values.length > 0);
  if (found) return found;
  const left = inspect(withOption(options, option, undefined));
  return left.problems.length === 0 && isOther(left.options[option], value) ? [undefined] : [];
}

/** Options with one of them changed, or left out. */
export function withOption(
  options: Readonly<Record<string, Json>>,
  option: string,
  value: Json | undefined,
): Readonly<Record<string, Json>> {
  const { [option]: _before, ...others } = options;
  return value === undefined ? others : { ...others, [option]: value };
}

/**
 * Values that an option may take beside the one it has, near it first: the members of an enumeration, the other
 * boolean, numbers above and below, a list that is shorter, longer or reversed. Some may break the schema's bounds. None
 * where the schema is of another kind, such as free text.
 *
 * @param schema - JSON Schema of the option
 * @param value - what it is; undefined where it is left out: then what the schema shows
 */
export function otherValues(schema: Json, value: Json | undefined): readonly Json[] {
  if (value === undefined) return schemaValues(schema);
  const found = listed(schema) ?? near(value, bounds(schema));
  return found.filter((other) => isOther(other, value)).slice(0, MOST);
}

const isOther = (other: Json | undefined, value: Json | undefined) => JSON.stringify(other) !== JSON.stringify(value);

/** A few values that a schema shows by itself: its members, numbers from its bounds on, short lists. */
function schemaValues(schema: Json): readonly Json[] {
  return (listed(schema) ?? numbers(schema) ?? lists(schema)).slice(0, MOST);
}

/** Numbers within bounds, or near the one that there is; undefined if it is no number. */
function numbers(schema: Json): readonly Json[] | undefined {
  if (!isSchema(schema) || (schema.type !== 'integer' && schema.type !== 'number')) return undefined;
  const { minimum, maximum, isInteger } = bounds(schema);
  const step = isInteger ? 1 : Math.min(0.5, ((maximum ?? 2) - (minimum ?? 0)) / 4 || 0.5);
  const from = minimum ?? (maximum === undefined ? 0 : maximum - 2 * step);
  return [from, from + step, from + 2 * step];
}

/** Short lists of a schema's items, as long as it takes; none if it is no list. */
function lists(schema: Json): readonly Json[] {
  if (!isSchema(schema) || schema.type !== 'array' || schema.items === undefined) return [];
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, uniqueItems } = schema as Readonly<Record<string, number>>;
  const items = schemaValues(schema.items);
  const shortest = Math.max(1, minItems);
  const lengths = [shortest, shortest + 1].filter((length) => length <= maxItems && items.length > 0);
  const all = lengths.flatMap((length) =>
    [0, 1].map((first) => Array.from({ length }, (_, i) => items[(first + i) % items.length])),
  );
  return uniqueItems
    ? all.filter((list) => new Set(list.map((item) => JSON.stringify(item))).size === list.length)
    : all;
}

type Schema = { readonly [keyword: string]: Json };

const isSchema = (schema: Json): schema is Schema =>
  typeof schema === 'object' && schema !== null && !Array.isArray(schema);

/** Members of an enumeration; undefined if it is none. */
function listed(schema: Json): readonly Json[] | undefined {
  if (!isSchema(schema)) return undefined;
  if (Array.isArray(schema.enum)) return schema.enum as readonly Json[];
  if ('const' in schema) return [schema.const];
  if (schema.type === 'boolean') return [false, true];
  if (schema.type === 'null') return [null];
  const members = schema.anyOf ?? schema.oneOf;
  if (!Array.isArray(members)) return undefined;
  const values = members.flatMap((member) => listed(member) ?? [...boundsAsValues(member), ...lists(member)]);
  return values.length > 0 ? values : undefined;
}

/** What a number may be. */
interface Bounds {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly isInteger: boolean;
}

function bounds(schema: Json): Bounds {
  if (!isSchema(schema)) return { isInteger: false };
  const number = (keyword: string) => (typeof schema[keyword] === 'number' ? schema[keyword] : undefined);
  return {
    minimum: number('minimum') ?? number('exclusiveMinimum'),
    maximum: number('maximum') ?? number('exclusiveMaximum'),
    isInteger: schema.type === 'integer',
  };
}

/** Numbers that stand for a range among the members of a union. */
function boundsAsValues(schema: Json): readonly Json[] {
  if (!isSchema(schema) || (schema.type !== 'integer' && schema.type !== 'number')) return [];
  const { minimum = 0 } = bounds(schema);
  return [minimum + 1, minimum + 2];
}

function near(value: Json, { minimum, maximum, isInteger }: Bounds): readonly Json[] {
  if (Array.isArray(value)) {
    return [value.slice(0, -1), [...value, ...value.slice(-1)], value.toReversed()] as readonly Json[];
  }
  if (typeof value !== 'number') return [];
  const steps = isInteger
    ? [value + 1, value - 1, 2 * value, value / 2, minimum ?? value, maximum ?? value]
    : [value / 2, value * 2, value + 0.1, minimum ?? value, maximum ?? value, value - 0.1];
  const isSmall = (number: number) => Math.abs(number) <= 64 || Math.abs(number) <= 2 * Math.abs(value);
  return [...new Set(steps)].filter((number) => isSmall(number) && (!isInteger || Number.isInteger(number)));
}
