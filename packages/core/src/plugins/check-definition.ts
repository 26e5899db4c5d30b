import { ForetokenError } from '@foretoken/engine/errors';
import { didYouMean } from './closest.ts';
import { type Definition, PLUGIN_API, PLUGIN_KINDS, type PluginKind } from './define.ts';
import { type CheckingTime, compileOptions, type OptionsSchema } from './options-schema.ts';
import { said } from './problems.ts';

/** Where a definition came from. */
export interface PluginSource {
  /** Name of the package that provides it. */
  readonly package: string;
  readonly version: string;
  /** Plugin API that its manifest declares. */
  readonly api: number;
  /** The package's folder; absent where a host application registers a definition of its own. */
  readonly directory?: string;
  /** The name to list it under in `plugins`, where it was found among the project's dependencies and nobody listed it. */
  readonly discoveredAs?: string;
}

/** What a plugin's name looks like: lower-case words, digits allowed, joined by `-`. */
export const PLUGIN_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Longest name of a plugin: it becomes part of file names and table columns. */
export const PLUGIN_NAME_LENGTH = 64;

/** `name@version`, as messages say it. */
export const saidSource = (source: PluginSource): string => `${source.package}@${source.version}`;

/**
 * Checks all that can be known of a definition without running it, and compiles its options.
 *
 * @throws PLUGIN_API if it was written for another plugin API
 * @throws PLUGIN_INVALID if it breaks any other rule
 */
export function checkDefinition(
  value: unknown,
  source: PluginSource,
  time?: CheckingTime,
): { definition: Definition; options: OptionsSchema } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(source, 'a plugin', `must be what a define... function returns, was ${describe(value)}`);
  }
  const definition = value as Definition;
  const who = whoIs(definition, source);
  checkApi(definition.api, who, source);
  checkFunctions(definition, who, source);
  if (definition.description !== undefined && typeof definition.description !== 'string') {
    throw invalid(source, who, `description must be a string, was ${describe(definition.description)}`);
  }
  const answering = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (cause) {
      throw invalid(source, who, (cause as Error).message, { cause });
    }
  };
  const { kind, options: declared, description } = definition;
  const { schema, check } = answering(() => compileOptions(kind, declared, description, time));
  return { definition, options: { schema, check: (options) => answering(() => check(options)) } };
}

/** Checks the plugin API that a manifest, bundle or definition declares. @throws PLUGIN_API, PLUGIN_INVALID */
export function checkApi(api: unknown, who: string, source: PluginSource): void {
  if (api === PLUGIN_API) return;
  if (!Number.isInteger(api)) throw invalid(source, who, `api must be ${PLUGIN_API}, was ${describe(api)}`);
  throw new ForetokenError(
    'PLUGIN_API',
    `${who} of ${saidSource(source)} is written for plugin API ${api}; this Foretoken has plugin API ${PLUGIN_API}. ` +
      `Install a release of ${source.package} for plugin API ${PLUGIN_API} ("npm view ${source.package} versions" lists them), ` +
      `or a release of Foretoken with plugin API ${api}.`,
  );
}

/** What an error about a definition may say beside the rule. */
export interface Said {
  /** The next step, a sentence. Default: to mend the plugin, or to report it. */
  readonly next?: string;
  readonly cause?: unknown;
}

/**
 * A PLUGIN_INVALID about one plugin of one package.
 * @param rule - what must be and what was got, with no next step in it
 */
export function invalid(source: PluginSource, who: string, rule: string, { next, cause }: Said = {}): ForetokenError {
  const what = `${who} of ${saidSource(source)}: ${rule.replace(/\.$/, '')}`;
  const step = next ?? 'Mend the plugin, or report it to its author.';
  return new ForetokenError('PLUGIN_INVALID', `${what}. ${step}`, { cause });
}

/** A foreign value in a few words. */
export function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const keys = Object.keys(value);
    return keys.length === 0 ? 'an object without keys' : `an object with ${keys.slice(0, 6).join(', ')}`;
  }
  return value === undefined ? 'absent' : said(value);
}

function whoIs({ kind, name }: { kind: unknown; name: unknown }, source: PluginSource): string {
  if (!PLUGIN_KINDS.includes(kind as PluginKind)) {
    const hint = typeof kind === 'string' ? didYouMean(kind, PLUGIN_KINDS).trim() : '';
    const rule = `kind must be one of ${PLUGIN_KINDS.join(', ')}, was ${describe(kind)}`;
    throw invalid(source, 'a plugin', rule, { next: hint || undefined });
  }
  if (typeof name !== 'string' || !PLUGIN_NAME.test(name) || name.length > PLUGIN_NAME_LENGTH) {
    const rule = `name must be lower-case words joined by "-", at most ${PLUGIN_NAME_LENGTH} characters`;
    throw invalid(source, `a ${kind}`, `${rule}, was ${describe(name)}`);
  }
  return `${kind} "${name}"`;
}

function checkFunctions(definition: Definition, who: string, source: PluginSource): void {
  const wanted = definition.kind === 'trunk' ? (['create', 'shape'] as const) : (['create'] as const);
  for (const key of wanted) {
    const value: unknown = (definition as Definition<'trunk'>)[key];
    if (typeof value !== 'function') throw invalid(source, who, `${key} must be a function, was ${describe(value)}`);
  }
  if (definition.kind === 'head') checkHead(definition, who, source);
  if (definition.kind === 'eval') checkOneOf(definition, 'alone', [true, false, 'timed-drafts'], who, source);
  if (definition.kind === 'draft-policy') checkOneOf(definition, 'isTimed', [true, false], who, source);
}

function checkOneOf(definition: object, key: string, allowed: readonly unknown[], who: string, source: PluginSource) {
  const value = (definition as Readonly<Record<string, unknown>>)[key];
  if (value === undefined || allowed.includes(value)) return;
  throw invalid(source, who, `${key} must be one of ${allowed.map(said).join(', ')}, was ${describe(value)}`);
}

function checkHead(definition: Definition<'head'>, who: string, source: PluginSource): void {
  const { blocksPerOffset: blocks = 0, ownReadout = false }: Record<string, unknown> = { ...definition };
  if (typeof blocks !== 'function' && !(Number.isInteger(blocks) && (blocks as number) >= 0)) {
    throw invalid(source, who, `blocksPerOffset must be an integer >= 0 or a function, was ${describe(blocks)}`);
  }
  if (typeof ownReadout !== 'function' && typeof ownReadout !== 'boolean') {
    throw invalid(source, who, `ownReadout must be true, false or a function, was ${describe(ownReadout)}`);
  }
}
