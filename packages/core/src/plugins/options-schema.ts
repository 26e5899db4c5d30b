import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Json } from '../contracts/json.ts';
import type { PluginKind } from './define.ts';
import { linearRegExp } from './linear-regexp.ts';
import { once } from './once.ts';
import { problemsOf, type SchemaProblem } from './problems.ts';
import { limitSchema } from './schema-limits.ts';

/** A JSON Schema as data. */
export type JsonSchema = { readonly [keyword: string]: Json };

/** Keys beside a plugin's `name` that belong to the framework, so no plugin's options may use them. */
export const RESERVED_KEYS: Readonly<Record<PluginKind, readonly string[]>> = {
  trunk: [],
  head: ['horizon'],
  weighting: [],
  'horizon-schedule': [],
  decoder: ['rule', 'policy', 'sampling'],
  'acceptance-rule': [],
  'draft-policy': [],
  eval: [],
  tokenizer: [],
  dataset: [],
};

/** Options with defaults filled in, or what is wrong with them. */
export interface CheckedOptions {
  readonly options: { [option: string]: Json };
  readonly problems: readonly SchemaProblem[];
}

/** A plugin's options: their schema as published, and the check of a value against it. */
export interface OptionsSchema {
  readonly schema: JsonSchema;
  check(options: Readonly<Record<string, Json>>): CheckedOptions;
}

/**
 * When a plugin's schema meets ajv: as it is registered, or with the first options that it checks; `tested`: then, and
 * without the check against the dialect, which the package's own tests make.
 */
export type CheckingTime = 'at once' | 'when used' | 'tested';

/**
 * Makes the checker of a plugin's options. Objects refuse unknown keys unless they say otherwise; defaults are filled
 * in; a schema that ajv's strict mode refuses, that reaches outside itself, or whose defaults break it is refused here,
 * before any configuration meets it.
 *
 * @param declared - the definition's `options`; absent: no options
 * @param time - unless `at once`, what only ajv finds wrong with the schema is thrown by the first `check`
 * @throws Error with the reason as a clause ("options ..."), which the caller completes with who
 */
export function compileOptions(
  kind: PluginKind,
  declared: unknown,
  description?: string,
  time: CheckingTime = 'at once',
): OptionsSchema {
  const schema = publishedSchema(kind, declared, description);
  const compiled = once(() => compiledCheck(schema, time));
  if (time === 'at once') compiled();
  return { schema, check: (given) => compiled()(given) };
}

function compiledCheck(schema: JsonSchema, time: CheckingTime): OptionsSchema['check'] {
  const validate = compileSchema(schema, { fillDefaults: true, isForeign: true, isTested: time === 'tested' });
  const check = (given: Readonly<Record<string, Json>>): CheckedOptions => {
    const options = structuredClone(given) as { [option: string]: Json };
    return { options, problems: validate(options) ? [] : problemsOf(validate.errors ?? []) };
  };
  refuseBrokenDefaults(schema, check);
  return check;
}

/**
 * Compiles a schema in ajv's strict mode, in the 2020-12 dialect. Nothing is ever fetched: a reference that leaves the
 * schema is an error.
 * @param options.fillDefaults - whether checking a value writes the schema's defaults into it
 * @param options.isForeign - the schema is someone else's: its patterns run in linear time
 * @param options.isTested - ours, or a built-in plugin's: tests hold it against the dialect, whose check takes longer to make
 * than those of all options together
 */
export function compileSchema<T>(
  schema: object,
  { fillDefaults = false, isForeign = false, isTested = false } = {},
): ValidateFunction<T> {
  const ajv = fillDefaults && isForeign ? ajvOfOptions() : newAjv(fillDefaults, isForeign);
  const { $schema: dialect = DIALECT } = schema as { readonly $schema?: unknown };
  if (dialect !== DIALECT) throw new Error(`schema is in the dialect ${JSON.stringify(dialect)}, not in ${DIALECT}`);
  const isSchema = isTested ? undefined : metaSchema();
  if (isSchema && !isSchema(schema)) throw new Error(`schema is invalid: ${ajv.errorsText(isSchema.errors)}`);
  try {
    return ajv.compile<T>(schema);
  } finally {
    // It would keep every schema that it ever compiled.
    ajv.removeSchema(schema);
  }
}

const newAjv = (useDefaults: boolean, isForeign: boolean): Ajv2020 =>
  new Ajv2020({
    strict: true,
    validateSchema: false,
    allErrors: true,
    verbose: true,
    useDefaults,
    logger: false,
    code: isForeign ? { regExp: linearRegExp } : {},
  });

/** Made once: a third of the time that compiling the options of a plugin takes would be making the compiler. */
const ajvOfOptions = once(() => newAjv(true, true));

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** The check that a schema is one, compiled once: ajv takes longer for it than for the options of every plugin. */
const metaSchema = once(() => {
  const ajv = new Ajv2020({ strict: true, allErrors: true, logger: false });
  return ajv.getSchema(DIALECT) as ValidateFunction;
});

function publishedSchema(kind: PluginKind, declared: unknown, description: string | undefined): JsonSchema {
  const plain: JsonSchema = declared === undefined ? { type: 'object', properties: {} } : asJson(declared);
  limitSchema(plain);
  if (plain.type !== 'object') throw new Error('options must be a JSON Schema of type "object"');
  const names = Object.keys((plain.properties as JsonSchema | undefined) ?? {});
  const taken = names.find((name) => ['name', '__proto__', 'constructor', ...RESERVED_KEYS[kind]].includes(name));
  if (taken !== undefined) throw new Error(`options must not define "${taken}", which has a meaning of its own`);
  const anchor = findKeyword(plain, (keyword) => ['$id', '$anchor', '$dynamicAnchor', '$dynamicRef'].includes(keyword));
  if (anchor) throw new Error(`options use ${anchor.keyword}; definitions are named by their path, as in "#/$defs/x"`);
  const outside = findKeyword(plain, (keyword, value) => keyword === '$ref' && !/^#(\/|$)/.test(String(value)));
  if (outside) throw new Error(`options refer to ${outside.value}; only references inside the schema are read`);
  const open = plain.additionalProperties ?? plain.unevaluatedProperties ?? false;
  if (open !== false) throw new Error('options must not allow unknown keys (additionalProperties)');
  const closed = closeObjects(plain);
  return description && closed.description === undefined ? { description, ...closed } : closed;
}

/** A schema as plain data; what is not data (a function, a cycle) cannot be published or checked. */
function asJson(schema: unknown): JsonSchema {
  let plain: unknown;
  try {
    plain = JSON.parse(JSON.stringify(schema) ?? 'null');
  } catch (cause) {
    throw new Error('options must be plain JSON', { cause });
  }
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) {
    throw new Error('options must be a JSON Schema of type "object"');
  }
  return plain as JsonSchema;
}

/** The first keyword that matches, anywhere in a schema. */
function findKeyword(
  schema: Json,
  matches: (keyword: string, value: Json) => boolean,
): { readonly keyword: string; readonly value: Json } | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined;
  for (const [keyword, value] of Object.entries(schema)) {
    const found = matches(keyword, value) ? { keyword, value } : findKeyword(value, matches);
    if (found) return found;
  }
  return undefined;
}

/** Refuses unknown keys in every object that lists its keys and does not say what else it takes. */
function closeObjects(schema: JsonSchema): JsonSchema {
  const closed: Record<string, Json> = { ...schema };
  for (const keyword of ['properties', '$defs']) {
    const members = schema[keyword];
    if (isSchema(members))
      closed[keyword] = mapValues(members, (member) => (isSchema(member) ? closeObjects(member) : member));
  }
  for (const keyword of ['items', 'additionalProperties']) {
    const member = schema[keyword];
    if (isSchema(member)) closed[keyword] = closeObjects(member);
  }
  if (!isSchema(schema.properties)) {
    for (const keyword of ['anyOf', 'oneOf', 'prefixItems']) {
      const members = schema[keyword];
      if (Array.isArray(members))
        closed[keyword] = members.map((member) => (isSchema(member) ? closeObjects(member) : member));
    }
    return closed;
  }
  if ('additionalProperties' in schema || 'unevaluatedProperties' in schema) return closed;
  const isComposed = ['allOf', 'anyOf', 'oneOf', 'if', '$ref', 'dependentSchemas'].some((keyword) => keyword in schema);
  return { ...closed, [isComposed ? 'unevaluatedProperties' : 'additionalProperties']: false };
}

const isSchema = (value: Json | undefined): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const mapValues = (object: JsonSchema, change: (value: Json) => Json): JsonSchema =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));

/** A default that its own rule refuses would be blamed on a user who never wrote it. */
function refuseBrokenDefaults(schema: JsonSchema, check: OptionsSchema['check']): void {
  const properties = (schema.properties ?? {}) as Record<string, { default?: Json } | undefined>;
  for (const { path, sentence } of check({}).problems) {
    if (path.length === 0 || properties[path[0]]?.default === undefined) continue;
    throw new Error(`options: the default of "${path.join('.')}" ${sentence}`);
  }
}
