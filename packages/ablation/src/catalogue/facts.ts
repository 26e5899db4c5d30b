import type { Json } from '@foretoken/core';

/** One value that can be listed, filtered, compared and exported. */
export type Fact = number | string | boolean;

/** Values by dotted path, as `model.head.name` or `bits-per-byte.perOffset.0`. */
export type Facts = ReadonlyMap<string, Fact>;

/** Elements of a list that stand as values of their own; a longer list is data, to be read in its file. */
const LONGEST_LIST = 64;
/** Characters of a text that is a setting or a result; a longer one is a sample, to be read in its file. */
const LONGEST_TEXT = 1000;
/** A folder with more is none that a run of ours wrote. */
const MOST_FACTS = 10_000;
const DEEPEST = 24;

/** How {@link flatten} treats lists of objects. */
export interface FlattenOptions {
  /** `evals.0.name`, as configurations have; otherwise they are left out, being rows of data. */
  readonly hasObjectsInLists?: boolean;
}

/**
 * The single values of nested data, by dotted path. What is null was not observed and has no fact.
 *
 * @returns a map, so that no key of a file (`__proto__`) means anything to JavaScript
 * @throws RangeError for more than 10,000 values or 24 levels: files of runs have some hundred values
 */
export function flatten(value: Json | undefined, options: FlattenOptions = {}): Map<string, Fact> {
  const facts = new Map<string, Fact>();
  collect(value, '', 0, { facts, hasObjectsInLists: options.hasObjectsInLists ?? false });
  return facts;
}

interface Collection {
  readonly facts: Map<string, Fact>;
  readonly hasObjectsInLists: boolean;
}

function collect(value: Json | undefined, path: string, depth: number, into: Collection): void {
  if (value === null || value === undefined) return;
  if (typeof value === 'object') {
    if (depth >= DEEPEST) throw new RangeError(`${path} is nested deeper than ${DEEPEST} levels`);
    for (const [key, member] of membersOf(value, into)) {
      collect(member, path === '' ? key : `${path}.${key}`, depth + 1, into);
    }
    return;
  }
  if (typeof value === 'string' && value.length > LONGEST_TEXT) return;
  into.facts.set(storable(path), typeof value === 'string' ? storable(value) : value);
  if (into.facts.size > MOST_FACTS) throw new RangeError(`it has more than ${MOST_FACTS} values`);
}

function membersOf(value: object, { hasObjectsInLists }: Collection): [string, Json][] {
  const members = Object.entries(value) as [string, Json][];
  if (!Array.isArray(value)) return members;
  const hasObjects = value.some((member) => typeof member === 'object' && member !== null);
  return value.length > LONGEST_LIST || (hasObjects && !hasObjectsInLists) ? [] : members;
}

/** A text that a database and a file can hold: SQLite ends one at NUL, and half a surrogate pair is none. */
export const storable = (text: string): string => Buffer.from(text, 'utf8').toString('utf8').replaceAll('\0', '\ufffd');
