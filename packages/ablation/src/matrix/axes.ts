import { formatProblem, type Json, type Path, type Source } from '@foretoken/core';
import type { AxisEntry, Condition, LongAxis, NamedPatch, ReadAblation } from './ablation-file.ts';
import { axisLabel, valueLabel } from './axis-label.ts';
import type { Setting } from './setting.ts';

/** One of the alternatives of an axis. */
export interface Point {
  /** As it shows in the names of arms. */
  readonly label: string;
  readonly settings: readonly Setting[];
  /** Of an axis of patches: what conditions know it by. */
  readonly patch?: string;
}

/** An axis in its one form, whichever of the four the file has. */
export interface Axis {
  readonly key: string;
  readonly points: readonly Point[];
  readonly when?: Condition;
  /** In the ablation file. */
  readonly at: Path;
}

/** The key of `arms` in conditions: they are an axis of patches like others, and the slowest. */
export const ARM = 'arm';

/** Top-level keys of an experiment: an axis with such a name could not be told from a path. */
const EXPERIMENT_KEYS: ReadonlySet<string> = new Set(
  'formatVersion name seed engine plugins data model training decoders evals'.split(' '),
);

/** The axes in the order of the file, `arms` first and without `seed`; what is wrong with their form comes beside. */
export function axesOf({ source, file }: ReadAblation): {
  readonly axes: readonly Axis[];
  readonly problems: readonly string[];
} {
  const entries = Object.entries(file.axes ?? {}).filter(([key]) => key !== 'seed');
  const problems = entries.flatMap(([key, entry]) => (isList(entry) ? [] : wrongForm(source, key, entry)));
  if (problems.length > 0) return { axes: [], problems };
  const paths = entries.flatMap(([key, entry]) => pathsOf(key, entry));
  const arms: Axis[] = file.arms ? [{ key: ARM, at: ['arms'], points: patchPoints(file.arms, ['arms'], '') }] : [];
  return { axes: [...arms, ...entries.map(([key, entry]) => axisOf(key, entry, paths))], problems };
}

/** The short form. */
export const isList = (entry: AxisEntry): entry is readonly Json[] => Array.isArray(entry);

/** Paths that show in labels. */
function pathsOf(key: string, entry: AxisEntry): string[] {
  if (isList(entry) || entry.values) return [key];
  return Object.keys(entry.zip ?? {});
}

function axisOf(key: string, entry: AxisEntry, paths: readonly string[]): Axis {
  const at: Path = ['axes', key];
  if (isList(entry)) return { key, at, points: valuePoints(key, entry, at, paths) };
  const { values, zip, patches = [], when } = entry;
  const condition = when && { when };
  if (values) return { key, at, ...condition, points: valuePoints(key, values, [...at, 'values'], paths) };
  if (zip) return { key, at, ...condition, points: zipPoints(zip, [...at, 'zip'], paths) };
  return { key, at, ...condition, points: patchPoints(patches, [...at, 'patches'], `${key}=`) };
}

function valuePoints(path: string, values: readonly Json[], at: Path, paths: readonly string[]): Point[] {
  return values.map((value, i) => ({
    label: axisLabel(path, value, paths),
    settings: [{ path, value, at: [...at, i], keyAt: ['axes', path] }],
  }));
}

function zipPoints(zip: NonNullable<LongAxis['zip']>, at: Path, paths: readonly string[]): Point[] {
  const columns = Object.entries(zip);
  return columns[0][1].map((_, i) => ({
    label: columns.map(([path, values]) => axisLabel(path, values[i], paths)).join(' '),
    settings: columns.map(([path, values]) => ({
      ...{ path, value: values[i], at: [...at, path, i], keyAt: [...at, path] },
    })),
  }));
}

/** @param prefix - of the labels: arms are known by their names alone */
export function patchPoints(patches: readonly NamedPatch[], at: Path, prefix: string): Point[] {
  return patches.map(({ name, set = {} }, i) => ({
    label: prefix === '' ? name : prefix + valueLabel(name),
    patch: name,
    settings: Object.entries(set).map(([path, value]) => {
      const where = [...at, i, 'set', path];
      return { path, value, at: where, keyAt: where };
    }),
  }));
}

function wrongForm(source: Source, key: string, axis: LongAxis): string[] {
  const at: Path = ['axes', key];
  const forms = (['values', 'zip', 'patches'] as const).filter((form) => axis[form] !== undefined);
  if (forms.length !== 1) {
    const got = forms.length === 0 ? 'none of them' : forms.join(' and ');
    return [formatProblem(source, at, `must have one of values, zip and patches, had ${got}.`, 'key')];
  }
  return [...wrongName(source, key, axis), ...unevenZip(source, key, axis), ...repeatedPatches(source, key, axis)];
}

/** Values are named by their path; what sets several paths has a name of its own. */
function wrongName(source: Source, key: string, { values }: LongAxis): string[] {
  if (values || !(key.includes('.') || key === ARM || EXPERIMENT_KEYS.has(key))) return [];
  const sentence = `an axis of zip or patches has a name of its own, without dots, such as "size"; was ${JSON.stringify(key)}.`;
  return [formatProblem(source, ['axes', key], sentence, 'key')];
}

function unevenZip(source: Source, key: string, { zip = {} }: LongAxis): string[] {
  const [first, ...others] = Object.entries(zip);
  return others
    .filter(([, values]) => values.length !== first[1].length)
    .map(([path, { length }]) => {
      const sentence = `must have as many values as ${first[0]} (${first[1].length}), which they go together with, had ${length}.`;
      return formatProblem(source, ['axes', key, 'zip', path], sentence, 'key');
    });
}

function repeatedPatches(source: Source, key: string, { patches = [] }: LongAxis): string[] {
  return repeatedNames(source, patches, ['axes', key, 'patches'], 'patch');
}

/** @param what - as the sentence calls them */
export function repeatedNames(source: Source, named: readonly NamedPatch[], at: Path, what: string): string[] {
  return named.flatMap(({ name }, i) => {
    const first = named.findIndex((other) => other.name === name);
    if (first === i) return [];
    const other = source.describe([...at, first, 'name']);
    const sentence = `${JSON.stringify(name)} is already the name of the ${what} at ${other}. Give each ${what} its own.`;
    return [formatProblem(source, [...at, i, 'name'], sentence)];
  });
}
