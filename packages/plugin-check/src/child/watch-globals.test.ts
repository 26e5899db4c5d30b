import { afterEach, expect, it } from 'vitest';
import { watchGlobals } from './watch-globals.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const one of undo.splice(0)) one();
});

function set(object: object, key: string, value: unknown): void {
  const before = Object.getOwnPropertyDescriptor(object, key);
  undo.push(() => (before ? Object.defineProperty(object, key, before) : Reflect.deleteProperty(object, key)));
  Object.defineProperty(object, key, { value, configurable: true, writable: true });
}

it('sees nothing where nothing was changed', () => {
  expect(watchGlobals()()).toEqual([]);
});

it.each([
  ['added globalThis.plugin', 'global', () => globalThis],
  ['added Object.prototype.polluted', 'prototype', () => Object.prototype],
  ['replaced Array.prototype.reduceRight', 'prototype', () => Array.prototype],
  ['replaced Math.cosh', 'global', () => Math],
  ['replaced Float32Array.prototype.constructor', 'prototype', () => Float32Array.prototype],
  ['replaced globalThis.fetch', 'global', () => globalThis],
  ['added process.plugin', 'global', () => process],
])('sees what was changed: %s', (detail, what, holder) => {
  const changes = watchGlobals();
  set(holder(), detail.split('.').at(-1)!, () => 4);
  const found = changes();
  expect(found).toEqual([{ what, detail }]);
});

it('sees what was taken away', () => {
  set(globalThis, 'brought', 1);
  const changes = watchGlobals();
  Reflect.deleteProperty(globalThis, 'brought');
  expect(changes()).toEqual([{ what: 'global', detail: 'removed globalThis.brought' }]);
});

it('does not take a global that Node loads when it is first read for a change', () => {
  const changes = watchGlobals();
  expect(new TextDecoder().decode(new TextEncoder().encode('a'))).toBe('a');
  expect([typeof crypto.subtle, typeof structuredClone, typeof fetch, typeof Blob]).toEqual([
    'object',
    'function',
    'function',
    'function',
  ]);
  expect(changes()).toEqual([]);
});
