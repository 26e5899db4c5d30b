// The packed packages under the other Nodes that they are for, taken from npm: installed, compiled and run by each.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run, runNpm } from '../setup/command.mjs';
import { EmptyProject } from './install/empty-project.mjs';
import { MANAGERS } from './install/managers.mjs';
import { packAll } from './install/packed.mjs';
import { ablate, EXPECTED_ARMS } from './install/ten-seconds.mjs';

let folder;
let tarballs;
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'foretoken-nodes-')));
  tarballs = await packAll(path.join(folder, 'tarballs'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A Node of this major version, from the npm package `node`, whose install script fetches that of the platform. */
async function installNode(major) {
  const at = path.join(folder, `node-${major}`);
  mkdirSync(at);
  writeFileSync(path.join(at, 'package.json'), '{ "private": true }');
  const { code, captured } = await runNpm(['install', `node@${major}`, '--no-audit', '--no-fund'], {
    cwd: at,
    output: 'both',
  });
  expect(code, captured).toBe(0);
  return path.join(at, 'node_modules/node/bin/node');
}

it.each([22, 24])('Node %i installs them, and an ablation runs there', async (major) => {
  const node = await installNode(major);
  const project = new EmptyProject(MANAGERS[0], path.join(folder, `project-${major}`), tarballs, node);
  const version = await run(node, ['--version'], { output: 'both' });
  expect(version.captured).toMatch(new RegExp(`^v${major}\\.`));
  const installed = await project.install();
  expect(installed.code, installed.captured).toBe(0);
  const { code, captured, arms } = await ablate(project);
  expect(code, captured).toBe(0);
  expect(arms).toEqual(EXPECTED_ARMS);
  const doctor = await project.foretoken('doctor');
  expect(doctor.captured).toMatch(new RegExp(`^Node +${major}\\.`, 'm'));
  expect(doctor.captured).toMatch(/^native +yes /m);
});
