import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { productionPackages } from './packages.mjs';

/** A folder with these files, given as contents by path; objects become JSON. */
function tree(files) {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'foretoken-tree-')));
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return root;
}

const filesOf = (packages) => Object.fromEntries(packages.map(({ place, files }) => [place, files]));

test('what a package needs comes along, however deep, once; what only builds or documents does not', () => {
  const root = tree({
    'app/package.json': { name: 'app', dependencies: { a: '1', 'node-gyp': '1' }, devDependencies: { tester: '1' } },
    'app/index.js': '',
    'app/index.d.ts': '',
    'app/index.js.map': '',
    'app/README.md': '',
    'app/LICENSE': '',
    'app/test/a.js': '',
    'app/node_modules/a/package.json': {
      name: 'a',
      dependencies: { b: '1' },
      peerDependencies: { c: '1', d: '1' },
      peerDependenciesMeta: { d: { optional: true } },
    },
    'app/node_modules/b/package.json': { name: 'b', dependencies: { a: '1' } },
    'app/node_modules/c/package.json': { name: 'c' },
    'app/node_modules/d/package.json': { name: 'd' },
  });
  expect(filesOf(productionPackages([path.join(root, 'app')]))).toEqual({
    'node_modules/app': ['LICENSE', 'index.js', 'package.json'],
    'node_modules/a': ['package.json'],
    'node_modules/b': ['package.json'],
    'node_modules/c': ['package.json'],
  });
});

test('another version lies inside the package that needs it; links are followed', () => {
  const root = tree({
    'app/package.json': { name: 'app', dependencies: { a: '1', b: '1' } },
    'app/node_modules/a/package.json': { name: 'a', version: '1.0.0' },
    'store/b/package.json': { name: 'b', dependencies: { a: '2' } },
    'store/b/node_modules/a/package.json': { name: 'a', version: '2.0.0' },
  });
  symlinkSync(path.join(root, 'store/b'), path.join(root, 'app/node_modules/b'));
  const places = productionPackages([path.join(root, 'app')]).map(({ place, folder }) => [place, folder]);
  expect(places).toContainEqual(['node_modules/a', path.join(root, 'app/node_modules/a')]);
  expect(places).toContainEqual(['node_modules/b/node_modules/a', path.join(root, 'store/b/node_modules/a')]);
});

test('of tfjs the main file and what it asks for, of Dawn this platform, of ours what was built', () => {
  const platform = `${process.platform}-${process.arch}`;
  const root = tree({
    'app/package.json': { name: 'foretoken', dependencies: { '@tensorflow/tfjs': '1', webgpu: '1' } },
    'app/dist/bin.js': '',
    'app/src/bin.js': '',
    'app/node_modules/@tensorflow/tfjs/package.json': {
      name: '@tensorflow/tfjs',
      main: 'dist/main.js',
      dependencies: { yargs: '1' },
    },
    'app/node_modules/@tensorflow/tfjs/dist/main.js':
      "var a = require('long');\n// require('dreamt')\nvar b = require('crypto');",
    'app/node_modules/@tensorflow/tfjs/dist/other.js': '',
    'app/node_modules/@tensorflow/tfjs/dist/simd.wasm': '',
    'app/node_modules/long/package.json': { name: 'long' },
    'app/node_modules/webgpu/package.json': { name: 'webgpu' },
    'app/node_modules/webgpu/index.js': '',
    [`app/node_modules/webgpu/dist/${platform}/dawn.node`]: '',
    'app/node_modules/webgpu/dist/other-x1/dawn.node': '',
  });
  expect(filesOf(productionPackages([path.join(root, 'app')]))).toEqual({
    'node_modules/foretoken': ['dist/bin.js', 'package.json'],
    'node_modules/@tensorflow/tfjs': ['package.json', 'dist/main.js', 'dist/simd.wasm'],
    'node_modules/long': ['package.json'],
    'node_modules/webgpu': [`dist/${platform}/dawn.node`, 'index.js', 'package.json'],
  });
});

test('a package that is not installed is named, with who needs it', () => {
  const root = tree({ 'app/package.json': { name: 'app', dependencies: { 'no-such-package': '1' } } });
  expect(() => productionPackages([path.join(root, 'app')])).toThrow(
    `no-such-package, needed in ${path.join(root, 'app')}, is not installed`,
  );
});
