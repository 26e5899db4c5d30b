import type { Incident } from './incidents.ts';

type Members = ReadonlyMap<PropertyKey, unknown>;

/** Objects that every module of a process shares, by the name that they are reported with. */
function sharedObjects(): ReadonlyMap<string, object> {
  const shared = new Map<string, object>([
    ['globalThis', globalThis],
    ['process', process],
    ['console', console],
  ]);
  const names = Object.getOwnPropertyNames(globalThis).filter((name) => /^[A-Z]/.test(name));
  for (const name of names) {
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, name);
    // A getter would load what nobody has asked for.
    const value: unknown = descriptor && 'value' in descriptor ? descriptor.value : undefined;
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) continue;
    shared.set(name, value);
    const prototype: unknown = (value as { prototype?: unknown }).prototype;
    if (typeof prototype === 'object' && prototype !== null) shared.set(`${name}.prototype`, prototype);
  }
  return shared;
}

/** What Node, tfjs and their engines write when they are first used. */
const IGNORED = /^(globalThis\.(_tf|Module$)|process\.(_|exitCode$|domain$|mainModule$))/;

/** Stands in for the value of a member that is read through a getter: to read it could change it. */
class Getter {
  readonly get: unknown;

  constructor({ get, set }: PropertyDescriptor) {
    this.get = get ?? set;
  }
}

const membersOf = (object: object): Members =>
  new Map(
    Reflect.ownKeys(object).map((key) => {
      const descriptor = Object.getOwnPropertyDescriptor(object, key)!;
      return [key, 'value' in descriptor ? descriptor.value : new Getter(descriptor)];
    }),
  );

/**
 * Remembers every member of the objects that all modules share.
 * @returns says what was added, replaced or taken away since
 */
export function watchGlobals(): () => readonly Incident[] {
  const before = [...sharedObjects()].map(([name, object]) => ({ name, object, members: membersOf(object) }));
  return () =>
    before.flatMap(({ name, object, members }) =>
      changed(members, membersOf(object))
        .filter(({ key }) => !IGNORED.test(`${name}.${String(key)}`))
        .map(({ how, key }): Incident => {
          const what = name.endsWith('.prototype') ? 'prototype' : 'global';
          return { what, detail: `${how} ${name}.${String(key)}` };
        }),
    );
}

function changed(before: Members, after: Members): readonly { readonly how: string; readonly key: PropertyKey }[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys.flatMap((key) => {
    if (!before.has(key)) return [{ how: 'added', key }];
    if (!after.has(key)) return [{ how: 'removed', key }];
    return isSame(before.get(key), after.get(key), key) ? [] : [{ how: 'replaced', key }];
  });
}

function isSame(before: unknown, after: unknown, key: PropertyKey): boolean {
  if (!(before instanceof Getter)) return Object.is(before, after);
  if (after instanceof Getter) return before.get === after.get;
  // Node's own lazy globals become values when they are first read.
  return typeof after !== 'function' || after.name === key;
}
