import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { watchProcessState } from './process-state.ts';

/** Changes something while `look` looks, and not a turn longer: what runs the tests lives in this process, too. */
function whileChanged<T>(object: object, key: PropertyKey, look: () => T): T {
  const before = Object.getOwnPropertyDescriptor(object, key);
  Object.defineProperty(object, key, { value: () => undefined, configurable: true, writable: true });
  try {
    return look();
  } finally {
    if (before) Object.defineProperty(object, key, before);
    else Reflect.deleteProperty(object, key);
  }
}

describe('what all code of a process shares', () => {
  it('is as it was where nobody touches it, whatever code runs meanwhile', () => {
    const changed = watchProcessState();
    const text = JSON.stringify([...new Map([[/a(.)/.exec('ab')?.[1], new Date(0).toISOString()]])]);
    expect(text).toContain('1970');
    const listener = () => {};
    process.on('message', listener);
    process.off('message', listener);
    // What Node makes when it is first asked for.
    expect(typeof globalThis.FormData).toBe('function');
    expect(changed()).toBeUndefined();
  });

  it('is looked at in a folder that was deleted as well, and a move out of it is found', () => {
    const cwd = vi.spyOn(process, 'cwd').mockImplementation(() => {
      throw new Error('ENOENT: no such file or directory, uv_cwd');
    });
    const changed = watchProcessState();
    expect(changed()).toBeUndefined();
    cwd.mockImplementation(() => '/elsewhere');
    expect(changed()).toBe('the working folder');
  });

  it.each<[string, object, PropertyKey]>([
    ['Math.random', Math, 'random'],
    ['Array.prototype.map', Array.prototype, 'map'],
    ['Object.prototype.polluted', Object.prototype, 'polluted'],
    ['JSON.stringify', JSON, 'stringify'],
    ['Promise.prototype.then', Promise.prototype, 'then'],
    ['TypedArray.prototype.fill', Object.getPrototypeOf(Int8Array.prototype), 'fill'],
    ['globalThis.setTimeout', globalThis, 'setTimeout'],
    ['process.exit', process, 'exit'],
    ['console.log', console, 'log'],
  ])('is found changed: %s', (name, object, key) => {
    const changed = watchProcessState();
    expect(whileChanged(object, key, changed)).toBe(name);
  });

  it('is found changed: the environment, and listeners for the end', () => {
    const listener = () => {};
    onTestFinished(() => {
      Reflect.deleteProperty(process.env, 'HOSTILE');
      process.off('uncaughtException', listener);
    });
    const found: (string | undefined)[] = [];
    const looked = (work: () => void) => {
      const changed = watchProcessState();
      work();
      found.push(changed());
    };
    looked(() => {
      process.env.HOSTILE = 'yes';
    });
    looked(() => process.on('uncaughtException', listener));
    expect(found).toEqual(['process.env', `listeners of the process' "uncaughtException"`]);
  });
});
