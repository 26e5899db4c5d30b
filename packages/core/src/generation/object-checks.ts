import { didYouMean } from '../plugins/closest.ts';

/** Whether a value has keys to look at: no null, no list. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** Whether a value is a list or a typed array. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/**
 * What is wrong with an object before its values are looked at: that it is none, or has keys that nobody reads.
 *
 * A misspelt setting would be left out in silence otherwise. Keys that are undefined count as left out.
 * @param what - names it in the sentence
 */
export function objectProblems(what: string, value: unknown, keys: readonly string[]): string[] {
  if (!isObject(value)) return [`${what} must be an object, was ${shown(value)}. Keys of it: ${keys.join(', ')}.`];
  const unknown = Object.entries(value).filter(([key, item]) => item !== undefined && !keys.includes(key));
  return unknown.map(
    ([key]) => `${what} has no ${shown(key)}.${didYouMean(key, keys)} Keys of it: ${keys.join(', ')}.`,
  );
}

/** A value as a message names it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' || value === null || value === undefined) return `${value}`;
  return isList(value) ? 'a list' : isObject(value) ? 'an object' : `a ${typeof value}`;
}
