import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

// Prints whether the process has the metadata polyfill, and how many files of it and of tsyringe are loaded, once the modules
// that its arguments name are in. Both packages are CommonJS: their files are in the cache of `require`, whoever imports them.
const PROBE = `
import { createRequire } from 'node:module';
for (const name of process.argv.slice(1)) await import(name);
const files = Object.keys(createRequire(import.meta.url).cache);
const loaded = files.filter((file) => /node_modules.(tsyringe|reflect-metadata)./.test(file));
console.log(JSON.stringify({ hasMetadata: Reflect.getMetadata !== undefined, loaded: loaded.length }));`;

/** What a process has after these imports, made from `folder`. */
async function after(folder: string, names: readonly string[]): Promise<unknown> {
  const args = ['--input-type=module', '-e', PROBE, ...names];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
  return JSON.parse(stdout);
}

const packageFolder = path.join(import.meta.dirname, '../..');
const workspace = path.join(packageFolder, '../..');

test('importing any entry of ours, and every built-in plugin, loads neither reflect-metadata nor tsyringe', async () => {
  const { exports } = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8'));
  // The contract suites are for vitest alone, and package.json is no module.
  const entries = Object.keys(exports).filter((entry) => !['./testing', './package.json'].includes(entry));
  expect(entries).toEqual(expect.arrayContaining(['.', './plugin', './training', './tsyringe']));
  const names = entries.map((entry) => `@foretoken/core${entry.slice(1)}`);
  const all = [...names, ...['ablation', 'decoders', 'evals', 'heads', 'trunks'].map((name) => `@foretoken/${name}`)];
  expect(await after(workspace, all)).toEqual({ hasMetadata: false, loaded: 0 });
});

/** Does `work` in a process, from this package's folder: what of the polyfill and of tsyringe it has then. */
async function afterDoing(work: string): Promise<unknown> {
  const probe = PROBE.replace('\nconst files', `\n${work}\nconst files`);
  const args = ['--input-type=module', '-e', probe];
  return JSON.parse((await promisify(execFile)(process.execPath, args, { cwd: packageFolder })).stdout);
}

test('a head as a plain object, registered and held to its contract, loads neither', async () => {
  const work = `
    const { defineHead } = await import('@foretoken/core/plugin');
    const { CONTRACTS, runContract } = await import('@foretoken/core/contract-checks');
    const head = defineHead({ name: 'echo', create: () => ({ offsets: [1], forward: (_, { trunk: [h] }) => h }) });
    const contract = { ...CONTRACTS.head, checks: CONTRACTS.head.checks.slice(0, 3) };
    for await (const { broken } of runContract(contract, head, 'echo', {}, {})) if (broken) throw broken;`;
  expect(await afterDoing(work)).toEqual({ hasMetadata: false, loaded: 0 });
});

test('making a host loads reflect-metadata/lite, which extends Reflect, and no tsyringe', async () => {
  const work = `
    const { createHost } = await import('@foretoken/core');
    const host = await createHost({ builtIns: [], from: '/', openSession: () => {} });
    await host.dispose();`;
  expect(await afterDoing(work)).toEqual({ hasMetadata: true, loaded: 1 });
});

test('a process that does load them is seen to', async () => {
  expect(await after(packageFolder, ['reflect-metadata'])).toEqual({ hasMetadata: true, loaded: 1 });
  expect(await after(packageFolder, ['reflect-metadata', 'tsyringe'])).toMatchObject({ hasMetadata: true });
});
