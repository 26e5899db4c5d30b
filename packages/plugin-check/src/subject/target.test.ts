import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { packageFiles } from '../testing/package.fixture.ts';
import { tarball } from '../testing/tar.fixture.ts';
import { readTarget } from './target.ts';

/** A folder with the clean package installed below `node_modules`, with a file that was installed for it. */
function project(): string {
  const root = mkdtempSync(path.join(tmpdir(), 'foretoken-target-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const installed = path.join(root, 'node_modules/foretoken-head-echo');
  for (const { path: file, content } of packageFiles({}, { 'node_modules/left-pad/index.js': '' })) {
    mkdirSync(path.dirname(path.join(installed, file)), { recursive: true });
    writeFileSync(path.join(installed, file), content);
  }
  return root;
}

const paths = ['LICENSE', 'README.md', 'dist/echo.d.ts', 'dist/echo.js', 'package.json'];

it('finds a package by its name, without what was installed for it', async () => {
  const root = project();
  const { origin, files } = await readTarget('foretoken-head-echo', root);
  expect(origin).toEqual({ kind: 'package', path: expect.stringMatching(/node_modules\/foretoken-head-echo$/) });
  expect(files.map((file) => file.path)).toEqual(paths);
});

it('reads a folder as npm would pack it', async () => {
  const root = project();
  writeFileSync(path.join(root, 'node_modules/foretoken-head-echo/notes.txt'), 'not in "files"');
  const { origin, files } = await readTarget('./node_modules/foretoken-head-echo', root);
  expect(origin.kind).toBe('folder');
  expect(files.map((file) => file.path).sort()).toEqual(paths);
});

it('takes a package that is linked from elsewhere for the folder that it is', async () => {
  const root = project();
  const elsewhere = mkdtempSync(path.join(tmpdir(), 'foretoken-linked-'));
  onTestFinished(() => rmSync(elsewhere, { recursive: true, force: true }));
  renameSync(path.join(root, 'node_modules/foretoken-head-echo'), path.join(elsewhere, 'echo'));
  symlinkSync(path.join(elsewhere, 'echo'), path.join(root, 'node_modules/foretoken-head-echo'));
  const { origin } = await readTarget('foretoken-head-echo', root);
  expect(origin).toEqual({ kind: 'folder', path: path.join(elsewhere, 'echo') });
});

it('reads a tarball', async () => {
  const root = project();
  writeFileSync(path.join(root, 'echo.tgz'), tarball({ name: 'package/package.json', text: '{}' }));
  const { origin, files } = await readTarget('echo.tgz', root);
  expect([origin.kind, files.map((file) => file.path)]).toEqual(['tarball', ['package.json']]);
});

it.each([
  ['./nowhere', 'PLUGIN_NOT_FOUND'],
  ['nowhere.tgz', 'PLUGIN_NOT_FOUND'],
  ['not-installed', 'PLUGIN_NOT_FOUND'],
  ['../../../etc', 'PLUGIN_NOT_FOUND'],
  ['.', 'PLUGIN_NOT_FOUND'],
  ['empty.tgz', 'TARBALL_INVALID'],
  ['./broken', 'PLUGIN_INVALID'],
])('refuses %s by %s', async (target, code) => {
  const root = project();
  writeFileSync(path.join(root, 'empty.tgz'), '');
  mkdirSync(path.join(root, 'broken'));
  writeFileSync(path.join(root, 'broken/package.json'), '{ "name": ');
  await expect(readTarget(target, root)).rejects.toMatchObject({ code });
});
