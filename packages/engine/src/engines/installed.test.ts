import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fakePackages } from '../testing/fake-packages.fixture.ts';
import { findInstalled, foreignCore, importInstalled } from './installed.ts';

test('a package is found in every folder that has it, in their order, without being run', async () => {
  const first = fakePackages({ other: { version: '9.0.0' } });
  const second = fakePackages({ wanted: { version: '1.2.3', main: 'globalThis.ranWanted = true; exports.here = 1;' } });
  const third = fakePackages({ wanted: { version: '4.5.6' } });
  const [found, later, ...rest] = findInstalled('wanted', [first, second, third, path.join(second, 'below')]);
  const folder = path.join(second, 'node_modules/wanted');
  expect(found).toEqual({ name: 'wanted', version: '1.2.3', folder, entry: path.join(folder, 'index.js') });
  expect([later.version, rest]).toEqual(['4.5.6', []]);
  onTestFinished(() => void Reflect.deleteProperty(globalThis, 'ranWanted'));
  expect(globalThis).not.toHaveProperty('ranWanted');
  expect(await importInstalled(found)).toMatchObject({ here: 1 });
  expect(globalThis).toHaveProperty('ranWanted');
  expect(findInstalled('wanted', [first])).toEqual([]);
});

test('a working folder that was deleted holds no package, and keeps none from being found', () => {
  vi.spyOn(process, 'cwd').mockImplementation(() => {
    throw new Error('ENOENT: no such file or directory, uv_cwd');
  });
  expect(findInstalled('@tensorflow/tfjs-backend-wasm')).toHaveLength(1);
});

test('a package from another tree than ours would bring its own tfjs-core, and is named with it', () => {
  const tree = fakePackages({ guest: { version: '1.0.0' }, '@tensorflow/tfjs-core': { version: '4.22.0' } });
  const core = path.join(tree, 'node_modules/@tensorflow/tfjs-core');
  expect(foreignCore(findInstalled('guest', [tree])[0])).toContain(core);
  const [ours] = findInstalled('@tensorflow/tfjs-backend-wasm', [import.meta.dirname]);
  expect(foreignCore(ours)).toBeUndefined();
});

test('a package that cannot reach any tfjs-core says what is missing', () => {
  const tree = fakePackages({ guest: { version: '1.0.0' } });
  expect(foreignCore(findInstalled('guest', [tree])[0])).toMatch(/guest.*@tensorflow\/tfjs-core/);
});
