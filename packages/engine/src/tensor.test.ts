import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { tf } from './tensor.ts';

test('the tensor library is the one that plugins import, with every name it exports', async () => {
  const library = createRequire(import.meta.url)('@tensorflow/tfjs') as Readonly<Record<string, unknown>>;
  const imported: Readonly<Record<string, unknown>> = await import('@tensorflow/tfjs');
  const own: Readonly<Record<string, unknown>> = tf;
  expect(Object.keys(own).sort()).toEqual(Object.keys(library).sort());
  for (const name of Object.keys(library)) expect([name, own[name]]).toEqual([name, library[name]]);
  expect(own.engine).toBe(imported.engine);
});
