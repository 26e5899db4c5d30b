import type { EngineOptions } from '@foretoken/engine';
import { expect, test } from 'vitest';
import { createForetokenHost } from './host.ts';

test('a host has the built-in plugins of every package, each through the door that anyone has', async () => {
  const host = await createForetokenHost();
  const names = host.plugins.builtIns.list().map(({ kind, name, package: from }) => `${from} ${kind} ${name}`);
  expect(names).toEqual(
    expect.arrayContaining([
      '@foretoken/core dataset text-files',
      '@foretoken/core tokenizer bytes',
      '@foretoken/trunks trunk transformer',
      '@foretoken/heads head parallel',
      '@foretoken/heads head linear',
      '@foretoken/decoders decoder speculative',
      '@foretoken/evals eval losslessness',
    ]),
  );
  await host.dispose();
});

test('a host loads the tensor library with its first engine, not before', async () => {
  const isLoaded = () => '_tfengine' in globalThis;
  const host = await createForetokenHost();
  expect(isLoaded()).toBe(false);
  expect((await host.openEngine({ name: 'cpu' })).name).toBe('cpu');
  expect(isLoaded()).toBe(true);
  await host.dispose();
});

test('a host lets a process bring its own engine', async () => {
  const asked: EngineOptions[] = [];
  const host = await createForetokenHost({
    openEngine: (options) => {
      asked.push(options);
      return Promise.reject(new Error('no engine'));
    },
  });
  await expect(host.openEngine({ name: 'wasm', threads: 3 })).rejects.toThrow('no engine');
  expect(asked).toEqual([{ name: 'wasm', threads: 3 }]);
});
