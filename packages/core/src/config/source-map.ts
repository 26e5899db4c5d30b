import type { Json } from '../contracts/json.ts';
import type { Path } from '../plugins/problems.ts';
import { type Position, readYaml, type SourceError } from './read-yaml.ts';
import { visible } from './visible.ts';

export type { Position, SourceError };

/** Which end of an entry is meant: its key, or its value. */
export type EntryPart = 'key' | 'value';

/** A parsed configuration text that knows where each of its values stands. */
export interface Source {
  /** As messages name it: the path of the file. */
  readonly path: string;
  /** The data; undefined if the text has errors. */
  readonly value: Json | undefined;
  readonly errors: readonly SourceError[];
  /** The place of a value, or of the nearest thing around it that is written down; undefined where nothing is. */
  locate(path: Path, part?: EntryPart): Position | undefined;
  /** The same as words: `file:line:column`, or the override that put the value there. */
  describe(path: Path, part?: EntryPart): string;
}

/**
 * Parses YAML 1.2 or JSON, within the limits of `readYaml`, and keeps the position of every value.
 * @param path - the file's name for messages; nothing is read from disk
 */
export function parseSource(text: string, path: string): Source {
  const { value, errors, placeOf } = readYaml(text);
  const locate = (where: Path, part: EntryPart = 'value'): Position | undefined => {
    for (let length = where.length; length >= 0; length--) {
      const place = placeOf(where.slice(0, length));
      // What is not there has no value: its nearest parent is shown by its key.
      if (place) return length === where.length ? place[part] : place.key;
    }
    return undefined;
  };
  return {
    path,
    value,
    errors,
    locate,
    describe: (where, part) => {
      const position = locate(where, part);
      return position ? `${path}:${position.line}:${position.column}` : path;
    },
  };
}

/** Data that never was a text, such as a saved experiment, with a name for messages. */
export function sourceOf(value: Json, name: string): Source {
  return { path: name, value, errors: [], locate: () => undefined, describe: () => name };
}

/** A part of a source as a source of its own, such as the `base` of an ablation. */
export function partOf(source: Source, prefix: Path): Source {
  return {
    ...source,
    value: prefix.reduce<Json | undefined>((value, key) => member(value, key), source.value),
    locate: (path, part) => source.locate([...prefix, ...path], part),
    describe: (path, part) => source.describe([...prefix, ...path], part),
  };
}

/** `file:line:column path: sentence`: how every mistake in a configuration is said. */
export function formatProblem(source: Source, path: Path, sentence: string, part: EntryPart = 'value'): string {
  const where = source.describe(path, part);
  return visible(path.length === 0 ? `${where}: ${sentence}` : `${where} ${saidPath(path)}: ${sentence}`);
}

/** A path as configurations and overrides write it: keys and indices joined by dots, on one line that is not endless. */
export function saidPath(path: Path): string {
  const said = visible(path.join('.')).replaceAll('\n', '\\n');
  return said.length > 200 ? `${said.slice(0, 197)}...` : said;
}

/** One step into a value; undefined where there is nothing. */
export function member(value: Json | undefined, key: string | number): Json | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, Json>)[key];
}
