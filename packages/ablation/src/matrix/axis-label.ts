import type { Json } from '@foretoken/core';
import { visible } from './visible.ts';

/**
 * How an axis' value shows in the name of an arm: `head=linear`, `horizon=4`, `head=low-rank(rank=8)`.
 *
 * The path is cut to its last key, or to as many as tell it from the other axes. Different values have different labels.
 * @param paths - those of all axes
 */
export function axisLabel(path: string, value: Json, paths: readonly string[]): string {
  return `${shortestEnd(path, paths)}=${valueLabel(value)}`;
}

function shortestEnd(path: string, paths: readonly string[]): string {
  const keys = path.split('.');
  for (let length = 1; length < keys.length; length++) {
    const end = keys.slice(-length).join('.');
    if (!paths.some((other) => other !== path && `.${other}`.endsWith(`.${end}`))) return end;
  }
  return path;
}

/** A value in few words: `linear`, `4`, `low-rank(rank=8)`; on one line, with nothing in it that does not show. */
export function valueLabel(value: Json): string {
  if (typeof value === 'string') {
    return /^[^\s,=()"[\]{}\p{C}]+$/u.test(value) && !isJson(value) ? value : quoted(value);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return quoted(value);
  const { name, ...options } = value as { readonly [key: string]: Json };
  if (typeof name !== 'string') return quoted(value);
  const rest = Object.entries(options).map(([key, option]) => `${key}=${valueLabel(option)}`);
  return rest.length > 0 ? `${valueLabel(name)}(${rest.join(' ')})` : valueLabel(name);
}

const quoted = (value: Json): string => visible(JSON.stringify(value));

/** Whether a string reads as another value: "4", "true". */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
