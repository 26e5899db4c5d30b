import { expect, test } from 'vitest';
import { fakePackages } from '../../testing/fake-packages.fixture.ts';
import { findPackages } from './packages.ts';

const dawn = { webgpu: { version: '0.6.2' } };

test('what is missing is named, with the command that installs it', () => {
  expect(findPackages([fakePackages({})])).toMatch(
    /^not installed: webgpu and @tensorflow\/tfjs-backend-webgpu; run npm install webgpu @tensorflow\/tfjs-backend-webgpu@4\.22\.0$/,
  );
  expect(findPackages([fakePackages(dawn)])).toMatch(/^not installed: @tensorflow\/tfjs-backend-webgpu; /);
});

test('another release of tfjs’ backend is refused: its private parts are used', () => {
  const tree = fakePackages({ ...dawn, '@tensorflow/tfjs-backend-webgpu': { version: '4.23.0' } });
  expect(findPackages([tree])).toMatch(/needs .* 4\.22\.0, found 4\.23\.0 in .*tfjs-backend-webgpu$/);
});

test('a backend with a tfjs-core of its own is refused', () => {
  const tree = fakePackages({
    ...dawn,
    '@tensorflow/tfjs-backend-webgpu': { version: '4.22.0' },
    '@tensorflow/tfjs-core': { version: '4.22.0' },
  });
  expect(findPackages([tree])).toMatch(/another copy of @tensorflow\/tfjs-core/);
});

test('the packages of the workspace fit, also where the working directory has others', () => {
  const tree = fakePackages({ '@tensorflow/tfjs-backend-webgpu': { version: '4.23.0' } });
  expect(findPackages([tree, import.meta.dirname])).toMatchObject({ backend: { version: '4.22.0' } });
  expect(findPackages()).toMatchObject({ dawn: { name: 'webgpu' }, backend: { version: '4.22.0' } });
});
