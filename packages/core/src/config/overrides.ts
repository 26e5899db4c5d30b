import { ForetokenError } from '@foretoken/engine/errors';
import type { Json } from '../contracts/json.ts';
import { type Path, said } from '../plugins/problems.ts';
import { MAX_DEPTH } from './parse-yaml.ts';
import { type EntryPart, member, type Source, saidPath } from './source-map.ts';

/** A value to put over what a file says, before anything is checked. */
export interface Override {
  /** Keys and indices joined by dots: `model.head.horizon`, `evals.0`. */
  readonly path: string;
  readonly value: Json;
}

/**
 * Puts values over a source, in order. What they put there is described as `(override model.head.horizon)`.
 *
 * A plugin written as a bare name becomes `{ name }` where an override sets one of its options. Replacing `model.head`
 * keeps the horizon unless the new value has its own: the horizon belongs to the model, not to the head it names.
 * @throws CONFIG_INVALID if a path is malformed or leads through a value that has no members
 */
export function applyOverrides(source: Source, overrides: readonly Override[]): Source {
  return overrides.reduce(applyOverride, source);
}

function applyOverride(source: Source, override: Override): Source {
  const path = segmentsOf(override.path);
  const value = put(source.value ?? {}, path, path.length, keepHorizon(source, override), override.path);
  const isOurs = (where: Path): boolean => path.every((segment, i) => String(where[i]) === String(segment));
  return {
    ...source,
    value,
    locate: (where, part) => (isOurs(where) ? undefined : source.locate(where, part)),
    describe: (where: Path, part?: EntryPart) =>
      isOurs(where) ? `(override ${saidPath(path)})` : source.describe(where, part),
  };
}

function keepHorizon(source: Source, { path, value }: Override): Json {
  if (path !== 'model.head') return value;
  const horizon = member(member(member(source.value, 'model'), 'head'), 'horizon');
  if (horizon === undefined) return value;
  if (typeof value === 'string') return { name: value, horizon };
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { horizon, ...value } : value;
}

function segmentsOf(path: string): string[] {
  const segments = path.split('.');
  const bad = segments.find((segment) => segment === '' || ['__proto__', 'constructor', 'prototype'].includes(segment));
  if (bad === undefined && segments.length <= MAX_DEPTH) return segments;
  throw new ForetokenError(
    'CONFIG_INVALID',
    `an override must be keys joined by dots, such as "model.head.horizon", was ${said(path)}.`,
  );
}

function put(target: Json, path: readonly string[], total: number, value: Json, said: string): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(target)) {
    const index = Number(key);
    if (!/^\d+$/.test(key) || index >= target.length) {
      throw unreachable(said, path, total, `the list there has entries 0 to ${target.length - 1}`);
    }
    return target.map((entry: Json, i) => (i === index ? put(entry, rest, total, value, said) : entry));
  }
  if (typeof target === 'object' && target !== null) {
    return { ...target, [key]: put(member(target, key) ?? {}, rest, total, value, said) };
  }
  if (typeof target === 'string') return put({ name: target }, path, total, value, said);
  throw unreachable(said, path, total, `${JSON.stringify(target)} stands there`);
}

function unreachable(said: string, rest: readonly string[], total: number, reason: string): ForetokenError {
  const reached = said
    .split('.')
    .slice(0, total - rest.length)
    .join('.');
  return new ForetokenError(
    'CONFIG_INVALID',
    `(override ${said}) ${reached}: cannot go further; ${reason}. Set that place, or name another.`,
  );
}
