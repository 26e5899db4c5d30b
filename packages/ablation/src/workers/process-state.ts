// Node puts another process.chdir in place as this is loaded, which the first Response would do in the middle of a hook.
import 'node:worker_threads';

/** Objects whose properties every part of the process shares, by how they are called. */
function sharedObjects(): ReadonlyMap<string, object> {
  const objects = new Map<string, object>([
    ['globalThis', globalThis],
    ['process', process],
    ['console', console],
    ['Math', Math],
    ['JSON', JSON],
    ['Reflect', Reflect],
    ['Atomics', Atomics],
    ['performance', performance],
  ]);
  const typed = Object.getPrototypeOf(Int8Array) as { readonly prototype: object };
  objects.set('TypedArray', typed).set('TypedArray.prototype', typed.prototype);
  for (const name of CLASSES) {
    const of = (globalThis as unknown as Record<string, { readonly prototype?: object } | undefined>)[name];
    if (of === undefined) continue;
    objects.set(name, of);
    if (of.prototype) objects.set(`${name}.prototype`, of.prototype);
  }
  return objects;
}

const CLASSES = [
  ...['Object', 'Function', 'Array', 'String', 'Number', 'Boolean', 'Symbol', 'BigInt', 'Date', 'RegExp', 'Error'],
  ...['TypeError', 'RangeError', 'Promise', 'Proxy', 'Map', 'Set', 'WeakMap', 'WeakSet', 'ArrayBuffer', 'DataView'],
  ...['SharedArrayBuffer', 'Int8Array', 'Uint8Array', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array'],
  ...[
    'Float32Array',
    'Float64Array',
    'BigInt64Array',
    'Buffer',
    'URL',
    'AbortController',
    'AbortSignal',
    'TextDecoder',
  ],
  ...['TextEncoder', 'EventTarget'],
];

/** Events of the process whose listeners decide how it ends. */
const EVENTS = ['exit', 'beforeExit', 'uncaughtException', 'uncaughtExceptionMonitor', 'unhandledRejection', 'SIGTERM'];

interface Shared {
  readonly name: string;
  readonly object: object;
  readonly keys: readonly PropertyKey[];
  readonly values: readonly unknown[];
}

/**
 * Takes down what all code of the process shares: globals and built-in classes with their prototypes, environment, working
 * folder, what happens as the process ends.
 *
 * Looking once takes a fraction of a millisecond.
 * @returns what is not as it was, one thing of it, or undefined; what is added to the global object does not count, since
 * packages of the ecosystem do so as they load
 */
export function watchProcessState(): () => string | undefined {
  const shared = [...sharedObjects()].map(([name, object]) => taken(name, object));
  const before = scalars();
  return () => {
    for (const part of shared) {
      const changed = changedIn(part);
      if (changed !== undefined) return changed;
    }
    const now = scalars();
    return [...now.keys()].find((name) => now.get(name) !== before.get(name));
  };
}

function taken(name: string, object: object): Shared {
  const keys = Reflect.ownKeys(object).filter((key) => !isOfNode(object, key));
  return { name, object, keys, values: keys.map((key) => contentOf(object, key)) };
}

/** What Node itself changes meanwhile: globals that it makes when they are first asked for, counts of listeners. */
function isOfNode(object: object, key: PropertyKey): boolean {
  if (object !== globalThis && object !== process) return false;
  return String(key).startsWith('_') || Object.getOwnPropertyDescriptor(object, key)?.get !== undefined;
}

/** What a property is, without running it: a getter stands for what it gives. */
function contentOf(object: object, key: PropertyKey): unknown {
  const property = Object.getOwnPropertyDescriptor(object, key);
  return property?.get ?? property?.set ?? property?.value;
}

function changedIn({ name, object, keys, values }: Shared): string | undefined {
  const at = keys.findIndex((key, index) => !Object.is(contentOf(object, key), values[index]));
  if (at >= 0) return `${name}.${String(keys[at])}`;
  if (object === globalThis || object === process) return undefined;
  const now = Reflect.ownKeys(object);
  if (now.length === keys.length) return undefined;
  return `${name}.${String(now.find((key) => !keys.includes(key)))}`;
}

function scalars(): ReadonlyMap<string, string | number> {
  const values = new Map<string, string | number>([
    ['the working folder', workingFolder()],
    ['process.env', JSON.stringify(process.env)],
    ['process.exitCode', String(process.exitCode)],
  ]);
  for (const event of EVENTS) values.set(`listeners of the process' "${event}"`, numListeners(event));
  return values;
}

/** One that was deleted has no name, and that is no fault of a plugin's. */
function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return 'deleted';
  }
}

/** Without Node's own, which stands while the main module waits for something. */
const numListeners = (event: string): number =>
  process.listeners(event as 'exit').filter(({ name }) => name !== 'handleProcessExit').length;
