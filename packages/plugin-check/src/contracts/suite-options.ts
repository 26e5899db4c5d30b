import { existsSync, readFileSync } from 'node:fs';
import type { Json, Promised } from '@foretoken/core';
import { ForetokenError } from '@foretoken/engine/errors';

type JsonRecord = Readonly<Record<string, Json>>;

/** What one plugin is checked with. */
export interface SuiteOptions {
  /** Its own options. Default: its schema's, and small sizes of a trunk. */
  readonly options?: JsonRecord;
  /** The suite's settings: what the contract's `describe...` function takes beside. */
  readonly settings: JsonRecord;
}

/** What each plugin is checked with, by `kind/name`. */
export type OptionsByPlugin = ReadonlyMap<string, SuiteOptions>;

const EXAMPLE = '{ "head/low-rank": { "options": { "rank": 2 }, "settings": { "horizon": 2 } } }';

/**
 * Reads a file that says what plugins are checked with, such as
 * `{ "head/low-rank": { "options": { "rank": 2 }, "settings": { "horizon": 2 } } }`.
 * @param provided - what the package provides: the file may name nothing else
 * @throws CONFIG_NOT_FOUND, CONFIG_SYNTAX, CONFIG_INVALID with every problem
 */
export function readSuiteOptions(file: string, provided: readonly Promised[]): OptionsByPlugin {
  const value = readJson(file);
  if (!isRecord(value)) {
    throw new ForetokenError('CONFIG_INVALID', `${file}: it must hold an object such as ${EXAMPLE}.`);
  }
  const known = provided.map(({ kind, name }) => `${kind}/${name}`);
  const problems = Object.entries(value).flatMap(([key, given]) => problemsOf(key, given, known));
  if (problems.length > 0) {
    const said = problems.map((problem) => `${file}: ${problem}`);
    throw new ForetokenError('CONFIG_INVALID', said.join(' '), { problems: said });
  }
  return new Map(
    Object.entries(value as Record<string, Partial<SuiteOptions>>).map(([key, { options, settings = {} }]) => [
      key,
      { options, settings },
    ]),
  );
}

/**
 * What a package itself says that its plugins are checked with: `check` beside `kind` and `name` in its manifest.
 * @param provides - as in package.json, unchecked
 */
export function declaredOptions(provides: readonly unknown[]): OptionsByPlugin {
  const declared = provides.flatMap((one): [string, SuiteOptions][] => {
    const { kind, name, check } = one as Readonly<Record<string, unknown>>;
    if (!isRecord(check) || problemsOf(`${kind}/${name}`, check, [`${kind}/${name}`]).length > 0) return [];
    const { options, settings = {} } = check as Partial<SuiteOptions>;
    return [[`${kind}/${name}`, { options, settings }]];
  });
  return new Map(declared);
}

function readJson(file: string): unknown {
  if (!existsSync(file)) throw new ForetokenError('CONFIG_NOT_FOUND', `there is no ${file}. Check the path.`);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const why = (cause as Error).message;
    throw new ForetokenError('CONFIG_SYNTAX', `${file}: it cannot be read as JSON: ${why}. Mend the file.`, { cause });
  }
}

const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function problemsOf(key: string, given: unknown, known: readonly string[]): readonly string[] {
  const said = JSON.stringify(key);
  if (!known.includes(key)) return [`${said} is not provided by the package. It provides ${known.join(', ')}.`];
  if (!isRecord(given)) return [`${said} must be an object with "options", "settings" or both.`];
  return Object.entries(given).flatMap(([part, value]) => {
    if (part !== 'options' && part !== 'settings') {
      return [`${said} takes "options" and "settings", not ${JSON.stringify(part)}. Options go inside "options".`];
    }
    return isRecord(value) ? [] : [`${said}: "${part}" must be an object.`];
  });
}
