import type { Json } from '../contracts/json.ts';
import type { JsonSchema } from './options-schema.ts';

/** Objects in a schema: ajv takes a tenth of a second for as many. */
const MAX_OBJECTS = 250;

/** The same with every reference followed: what a check of one value may come to. */
const MAX_FOLLOWED = 2000;

/** What is in a schema besides objects: `true` and `false` are schemas too, and lists of names become code. */
const MAX_VALUES = 4000;

/** How deep a schema may nest. */
const MAX_DEPTH = 64;

/**
 * Refuses a schema that would take long to compile or to check against, or never end.
 * @throws Error with the reason as a clause ("options ...")
 */
export function limitSchema(schema: JsonSchema): void {
  const objects = objectsIn(schema);
  if (objects.length > MAX_OBJECTS) {
    throw new Error(`options must be a schema of at most ${MAX_OBJECTS} objects, was one of ${objects.length}`);
  }
  const numValues = valuesIn(schema);
  if (numValues > MAX_VALUES) {
    const rule = `options must be a schema of at most ${MAX_VALUES} values besides its objects`;
    throw new Error(`${rule}, was one of ${numValues}`);
  }
  const target = (reference: string): Json | undefined => resolvePointer(schema, reference);
  const endless = objects.find((object) => comesBack(object, target));
  if (endless) {
    throw new Error(
      `options refer to themselves without end (${JSON.stringify(endless).slice(0, 60)}): between a schema and a "$ref" to it ` +
        'must be properties or items',
    );
  }
  if (followed(schema, target) > MAX_FOLLOWED) {
    throw new Error(`options must be at most ${MAX_FOLLOWED} objects with every "$ref" followed`);
  }
}

/** Every object in a schema, those of its maps included. @throws Error if it nests too deeply */
function objectsIn(value: Json, depth = 0): JsonSchema[] {
  if (typeof value !== 'object' || value === null) return [];
  if (depth > MAX_DEPTH) throw new Error(`options must not nest deeper than ${MAX_DEPTH} levels`);
  const inside = Object.values(value).flatMap((member) => objectsIn(member, depth + 1));
  return Array.isArray(value) ? inside : [value as JsonSchema, ...inside];
}

/** How many values there are in a schema that are neither objects nor lists. */
const valuesIn = (value: Json): number =>
  typeof value === 'object' && value !== null
    ? Object.values(value).reduce<number>((sum, member) => sum + valuesIn(member), 0)
    : 1;

type Target = (reference: string) => Json | undefined;

/** Whether checking a value against a schema would check the same value against it again. */
function comesBack(start: JsonSchema, target: Target): boolean {
  const seen = new Set<Json>();
  const waiting = appliedInPlace(start, target);
  for (let schema = waiting.pop(); schema !== undefined; schema = waiting.pop()) {
    if (schema === start) return true;
    if (seen.has(schema)) continue;
    seen.add(schema);
    waiting.push(...appliedInPlace(schema, target));
  }
  return false;
}

/** The schemas that a schema puts to the very value that it is put to. */
function appliedInPlace(schema: Json, target: Target): Json[] {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return [];
  const {
    allOf,
    anyOf,
    oneOf,
    dependentSchemas,
    $ref,
    not,
    if: condition,
    then,
    else: otherwise,
  } = schema as JsonSchema;
  const lists = [allOf, anyOf, oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
  const map = typeof dependentSchemas === 'object' && dependentSchemas !== null ? Object.values(dependentSchemas) : [];
  const referred = typeof $ref === 'string' ? target($ref) : undefined;
  return [...lists, ...map, not, condition, then, otherwise, referred].filter((one) => one !== undefined);
}

/** Objects in a schema with every reference followed but those back to where it is in; beyond the limit, any more. */
function followed(schema: Json, target: Target): number {
  const known = new Map<Json, number>();
  const count = (value: Json): number => {
    if (typeof value !== 'object' || value === null) return 0;
    const before = known.get(value);
    if (before !== undefined) return before;
    known.set(value, 1);
    const { $ref } = value as JsonSchema;
    const referred = typeof $ref === 'string' ? target($ref) : undefined;
    const members = Object.entries(value).flatMap(([key, member]) => (key === '$defs' ? [] : [member]));
    const inside = [...members, referred ?? null].reduce<number>((sum, member) => sum + count(member), 0);
    known.set(value, Math.min(inside + 1, MAX_FOLLOWED + 1));
    return inside + 1;
  };
  return count(schema);
}

/** What `#/a/b` leads to in a schema; undefined where it leads nowhere, which ajv says better. */
function resolvePointer(schema: Json, reference: string): Json | undefined {
  if (!reference.startsWith('#')) return undefined;
  return reference
    .slice(1)
    .split('/')
    .slice(1)
    .map((part) => decode(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<Json | undefined>((value, key) => memberOf(value, key), schema);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const memberOf = (value: Json | undefined, key: string): Json | undefined =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as { readonly [key: string]: Json })[key]
    : undefined;
