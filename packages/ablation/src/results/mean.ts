import { canonicalJson, type Json } from '@foretoken/core';

type Mapping = { readonly [key: string]: Json };

/**
 * The mean of several measurements of one form, value by value.
 *
 * Numbers are averaged over the measurements that have one (a rate that nothing was observed of is null). What is not a
 * number stays where all measurements agree on it and is null where they differ: then only the single values tell.
 * @param values - one per seed, at least one
 */
export function meanOf(values: readonly Json[]): Json {
  const [first] = values;
  if (values.every((value) => canonicalJson(value) === canonicalJson(first))) return first;
  if (values.every((value) => typeof value === 'number' || value === null))
    return meanNumber(values as (number | null)[]);
  if (values.every(isMapping)) return meanMapping(values);
  return values.every(isNumeric) ? meanList(values) : null;
}

function meanNumber(values: readonly (number | null)[]): number | null {
  const numbers = values.filter((value) => value !== null);
  return numbers.length === 0 ? null : numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

/** Keys of any measurement; one that lacks a key has no say in it. */
function meanMapping(values: readonly Mapping[]): Json {
  const keys = [...new Set(values.flatMap((value) => Object.keys(value)))].sort();
  return Object.fromEntries(
    keys.map((key) => [key, meanOf(values.flatMap((value) => (Object.hasOwn(value, key) ? [value[key]] : [])))]),
  );
}

/** Lists of numbers, element by element; a shorter list has no say in what it lacks. */
function meanList(values: readonly (readonly Json[])[]): Json {
  const length = Math.max(...values.map((value) => value.length));
  return Array.from({ length }, (_, i) => meanOf(values.flatMap((value) => (i < value.length ? [value[i]] : []))));
}

const isMapping = (value: Json): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNumeric = (value: Json): value is readonly Json[] =>
  Array.isArray(value) && value.every((member) => member === null || typeof member === 'number' || isNumeric(member));
