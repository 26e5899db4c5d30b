import type { Json } from '../../contracts/json.ts';
import type { HeadCase } from './head-case.ts';

/** At most so many values of one option are tried. */
const MOST = 6;

/** Names of a head's options. */
export function optionNames({ name, registry }: HeadCase): readonly string[] {
  return Object.keys(registry.get('head', name).options?.properties ?? {});
}

/** Other values of an option that the head's schema takes, beside the options it is checked with. */
export function candidates({ name, registry, options }: HeadCase, option: string): readonly Json[] {
  const all = registry.inspectOptions('head', { ...options, name }).options;
  const schema = registry.list().find((one) => one.kind === 'head' && one.name === name)!.options;
  const property = (schema.properties as Record<string, Json>)[option];
  return otherValues(property, all[option]).filter(
    (value) => registry.inspectOptions('head', { ...options, [option]: value, name }).problems.length === 0,
  );
}

/**
 * Values that an option may take beside the one it has, near it first: the members of an enumeration, the other
 * boolean, numbers above and below. Some may break the schema's bounds. None where the schema is of another kind, such
 * as free text.
 *
 * @param schema - JSON Schema of the option
 * @param value - what it is
 */
export function otherValues(schema: Json, value: Json): readonly Json[] {
  const found = listed(schema) ?? near(value, bounds(schema));
  const here = JSON.stringify(value);
  return found.filter((other) => JSON.stringify(other) !== here).slice(0, MOST);
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
  const values = members.flatMap((member) => listed(member) ?? boundsAsValues(member));
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
