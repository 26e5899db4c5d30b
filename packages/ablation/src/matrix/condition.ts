import { canonicalJson, didYouMean, type Json, member } from '@foretoken/core';
import type { Condition } from './ablation-file.ts';
import { valueLabel } from './axis-label.ts';

/** What conditions are judged on. */
export interface ArmView {
  /** The complete experiment, defaults included; undefined where the arm's settings cannot be put together. */
  readonly experiment: Json | undefined;
  /** The named arm under `arm`, and the patch taken from each axis of patches by the axis' name. */
  readonly names: { readonly [axis: string]: string };
}

/**
 * Whether an arm has every value that a condition asks for.
 *
 * A key is the name of an axis of patches, `arm`, or a path. A list means any of its values; a string also fits a plugin
 * of that name, whatever its options; a mapping fits whatever has its entries, and more.
 */
export function matches(condition: Condition, view: ArmView): boolean {
  return Object.entries(condition).every(([key, wanted]) => fitsAny(wanted, valueAt(view, key)));
}

/** Why no arm fits: the first key that nobody has, or whose value nobody has. A sentence with its full stop. */
export function whyNone(condition: Condition, views: readonly ArmView[]): string {
  for (const [key, wanted] of Object.entries(condition)) {
    const values = views.map((view) => valueAt(view, key)).filter((value) => value !== undefined);
    if (values.length === 0) return `no arm has ${JSON.stringify(key)}.${didYouMean(key, keysOf(views))}`;
    if (values.some((value) => fitsAny(wanted, value))) continue;
    const labels = [...new Set(values.map((value) => valueLabel(comparable(wanted, value))))];
    const meant = typeof wanted === 'string' ? didYouMean(wanted, labels) : '';
    return `${key} is never ${saidWanted(wanted)}.${meant} It is ${listed(labels)}.`;
  }
  return 'no arm has all of these at once.';
}

/** At most ten, and how many more. */
export function listed(labels: readonly string[]): string {
  const more = labels.length > 10 ? ` and ${labels.length - 10} more` : '';
  return labels.slice(0, 10).join(', ') + more;
}

const saidWanted = (wanted: Json): string => (Array.isArray(wanted) ? wanted : [wanted]).map(valueLabel).join(' or ');

function fitsAny(wanted: Json, value: Json | undefined): boolean {
  if (value === undefined) return false;
  return Array.isArray(wanted) ? wanted.some((one) => fits(one, value)) : fits(wanted, value);
}

function fits(wanted: Json, value: Json | undefined): boolean {
  if (value === undefined) return false;
  if (isMapping(wanted)) {
    return isMapping(value) && Object.entries(wanted).every(([key, one]) => fits(one, member(value, key)));
  }
  return canonicalJson(wanted) === canonicalJson(comparable(wanted, value));
}

/** A plugin as its name alone, where a name is what is asked for. */
function comparable(wanted: Json, value: Json): Json {
  const isNamed = typeof wanted === 'string' && isMapping(value) && typeof value.name === 'string';
  return isNamed ? value.name : value;
}

function valueAt({ experiment, names }: ArmView, key: string): Json | undefined {
  if (Object.hasOwn(names, key)) return names[key];
  return key.split('.').reduce<Json | undefined>((value, step) => member(value, step), experiment);
}

/** Everything that a condition may ask for. */
function keysOf(views: readonly ArmView[]): Set<string> {
  const keys = new Set<string>();
  for (const { experiment, names } of views) {
    for (const name of Object.keys(names)) keys.add(name);
    addPaths(experiment, '', keys);
  }
  return keys;
}

function addPaths(value: Json | undefined, prefix: string, keys: Set<string>): void {
  if (!isMapping(value)) return;
  for (const [key, inside] of Object.entries(value)) {
    keys.add(prefix + key);
    addPaths(inside, `${prefix}${key}.`, keys);
  }
}

const isMapping = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
