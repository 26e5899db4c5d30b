import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { inRoot } from '../setup/paths.mjs';

let folder;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'foretoken-pack-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (program, args, cwd = folder) => spawnSync(program, args, { cwd, encoding: 'utf8' });

it('the packed packages install into an empty project and run there', () => {
  const tarballs = path.join(folder, 'tarballs');
  const packed = run(process.execPath, [inRoot('scripts/pack.mjs'), tarballs]);
  expect(packed).toMatchObject({ status: 0 });
  const files = readdirSync(tarballs).sort();
  expect(packed.stdout.trim().split('\n').sort()).toEqual(files.map((file) => path.join(tarballs, file)));
  expect(files).toContain('foretoken-0.1.0.tgz');

  const project = mkdtempSync(path.join(folder, 'project-'));
  writeFileSync(path.join(project, 'package.json'), '{ "private": true }');
  const install = ['install', '--no-audit', '--no-fund', ...files.map((file) => path.join(tarballs, file))];
  expect(run('npm', install, project)).toMatchObject({ status: 0 });
  const plugins = run(path.join(project, 'node_modules/.bin/foretoken'), ['plugins', '--json'], project);
  expect(plugins).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(plugins.stdout).map(({ name }) => name)).toContain('parallel');
});
