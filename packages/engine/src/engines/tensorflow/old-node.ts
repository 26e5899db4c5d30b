import { createRequire } from 'node:module';

/**
 * Gives `util` back two functions that tfjs-node 4.22 calls and Node 23 took away.
 *
 * Code that asks for `util` gets the one object, so this reaches it wherever it is installed.
 */
export function restoreUtil(): void {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
