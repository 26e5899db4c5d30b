import { isBuiltin } from 'node:module';

/** What leads to the random numbers of Node: the global `crypto`, and the module. */
const CRYPTO = /^(node:)?crypto(?=\.|$)/;

/** A module as it is written where something of it is used; one of Node's own always with `node:`. */
export const moduleName = (specifier: string): string =>
  isBuiltin(specifier) ? `node:${specifier.replace(/^node:/, '')}` : specifier;

/**
 * What the names of a module stand for, as far as its imports and declarations say: one name, one thing, wherever in the
 * module it is declared.
 */
export class Bindings {
  readonly #paths = new Map<string, string>();

  /** @param path - `node:crypto.webcrypto`, another name; empty for anything else */
  set(name: string, path: string): void {
    this.#paths.set(name, path);
  }

  /**
   * A path with what its first name stands for in place of it, where that is crypto; otherwise as it is written.
   *
   * @returns empty where it begins with `crypto` and that is something else
   */
  resolve(written: string): string {
    const [name] = /^[\w$]+(?=\.)/.exec(written) ?? [];
    let path = name ?? '';
    // Names may stand for one another in a circle.
    for (let left = 10; left > 0; left--) {
      const [first] = /^[\w$]+/.exec(path) ?? [];
      const bound = first === undefined ? undefined : this.#paths.get(first);
      if (first === undefined || bound === undefined) break;
      path = bound === '' ? '' : bound + path.slice(first.length);
      if (bound.startsWith('node:')) break;
    }
    if (name !== undefined && CRYPTO.test(path)) return path + written.slice(name.length);
    return name === 'crypto' ? '' : written;
  }
}
