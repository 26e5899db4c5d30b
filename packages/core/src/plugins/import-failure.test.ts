import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { importFailure } from './import-failure.ts';
import { fakeSource } from './plugin.fixture.ts';

/** What is said of an error with a code of Node's, thrown by the import of a package in a folder. */
function said(code: string | undefined, message: string, directory = '/demo', packageJson: object = {}): string {
  const folder = { directory, packageJson } as Parameters<typeof importFailure>[1]['folder'];
  const url = pathToFileURL('/demo/index.js').href;
  return importFailure(Object.assign(new Error(message), { code }), { folder, source: fakeSource, entry: '.', url });
}

test.each([
  ['ERR_MODULE_NOT_FOUND', "Cannot find package '@scope/tool' imported from /demo/index.js", '@scope/tool'],
  ['MODULE_NOT_FOUND', "Cannot find module 'tool/deep/file' imported by /demo/index.js", 'tool'],
])('%s: a package that is not there is named as its author names it', (code, message, name) => {
  expect(said(code, message)).toBe(
    `it imports "${name}", which Node does not find from /demo, and its package.json lists it under neither ` +
      '"dependencies" nor "peerDependencies". Report it to its author.',
  );
});

test('a dependency that was not installed has another next step for a package that is linked', () => {
  const missing = "Cannot find package 'tool' imported from /demo/index.js";
  const lists = { peerDependencies: { tool: '*' } };
  const installed = path.join('/app/node_modules/demo');
  expect(said('ERR_MODULE_NOT_FOUND', missing, installed, lists)).toBe(
    `it imports "tool", which Node does not find from ${installed}. Run "npm install tool" beside the configuration file.`,
  );
  expect(said('ERR_MODULE_NOT_FOUND', missing, '/projects/demo', { dependencies: { tool: '*' } })).toContain(
    'Run "npm install" there, or install a copy beside the configuration file: "npm install --install-links /projects/demo".',
  );
});

test.each([
  [undefined, 'a is not defined in ES module scope', '/demo/index.js is CommonJS in a package of "type": "module"'],
  [undefined, 'Cannot use import statement outside a module', 'its package.json needs "type": "module".'],
  [undefined, "Unexpected token 'export'", 'its package.json needs "type": "module".'],
  ['ERR_REQUIRE_ESM', 'require() of ES Module /a.mjs not supported', 'It is CommonJS and requires an ES module'],
  ['ERR_REQUIRE_ASYNC_MODULE', 'require() cannot be used', 'It is CommonJS and requires an ES module'],
  [
    'ERR_UNKNOWN_FILE_EXTENSION',
    'Unknown file extension ".ts"',
    'Its "exports" must lead to JavaScript: build the package',
  ],
  ['ERR_PACKAGE_PATH_NOT_EXPORTED', 'Package subpath is not exported', 'Install releases that go together.'],
  [undefined, 'it rains', 'Report it to its author.'],
])('%s "%s" is said with its next step', (code, message, next) => {
  const text = said(code, `${message}\nand more`);
  expect(text.startsWith(`importing it failed: ${message}`)).toBe(true);
  expect(text).toContain(next);
  expect(text).not.toContain('and more');
});

test('a package of another release is told which release of core it sees', () => {
  const root = temporaryFolder();
  const core = path.join(root, 'node_modules/@foretoken/core');
  mkdirSync(core, { recursive: true });
  writeFileSync(path.join(core, 'package.json'), '{ "version": "0.9.1" }');
  const message = "The requested module '@foretoken/core/plugin' does not provide an export named 'defineHead'";
  expect(said(undefined, message, path.join(root, 'plugins/demo'))).toContain(
    `It was written for another release of what it imports; it sees @foretoken/core 0.9.1 in ${core}. Install releases`,
  );
});

test('what is thrown without being an error is said as it is', () => {
  const folder = { directory: '/demo', packageJson: {} } as Parameters<typeof importFailure>[1]['folder'];
  const imported = { folder, source: fakeSource, entry: '.', url: 'file:///demo/index.js' };
  expect(importFailure('no luck', imported)).toBe('importing it failed: no luck. Report it to its author.');
  expect(importFailure({ code: 7 }, imported)).toBe(
    'importing it failed: an object with code. Report it to its author.',
  );
});
