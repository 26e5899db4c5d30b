/** Deepest value that is walked: what goes deeper would overflow somewhere else. */
const DEPTH = 100;

/**
 * Where and why a value would change on its way through JSON.
 *
 * @param path - how the value is called in the sentence
 * @returns `state.best is NaN`, say; undefined for a value that survives
 */
export function notJson(value: unknown, path: string, depth = 0): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${path} is ${value}`;
  if (depth > DEPTH) return `${path} is nested deeper than ${DEPTH} levels`;
  const isPlain = Array.isArray(value) || (typeof value === 'object' && isPlainObject(value));
  if (!isPlain) return `${path} is ${typeof value === 'object' ? classOf(value) : typeof value}`;
  // A list's entries and not its keys: a hole is undefined.
  const parts = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  for (const [key, part] of parts) {
    const problem = notJson(part, `${path}.${key}`, depth + 1);
    if (problem) return problem;
  }
  return undefined;
}

const classOf = (value: object): string => String(value.constructor?.name ?? 'an object of a class');

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
