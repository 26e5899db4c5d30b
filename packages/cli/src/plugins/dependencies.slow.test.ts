import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runBin } from '../testing/run-bin.fixture.ts';
import { tinyExperiment } from '../testing/tiny-experiment.fixture.ts';

const core = path.join(import.meta.dirname, '../../../core');

const HEAD = `import { defineHead, Type } from '@foretoken/core/plugin';
export default defineHead({
  name: 'steps',
  options: Type.Object({ scale: Type.Number({ default: 1 }) }),
  create({ ops, param, dims: { width } }, { scale }) {
    const step_DD = param('step', [width, width], { kind: 'normal', standardDeviation: 0.1 });
    return {
      forward(offset, { trunk: [hidden_BTD] }) {
        return offset === 1 ? hidden_BTD : ops.add(hidden_BTD, ops.mul(ops.linear(hidden_BTD, step_DD), scale));
      },
    };
  },
});`;

let cwd: string;
beforeEach(() => {
  cwd = tinyExperiment();
  install('stranger', { 'index.js': HEAD }, 'steps');
  link(core, 'node_modules/@foretoken/core');
  write('package.json', { private: true, dependencies: { stranger: '1.0.0' } });
  const base = JSON.parse(readFileSync(path.join(cwd, 'tiny.json'), 'utf8'));
  write('mine.json', { ...base, model: { ...base.model, head: { name: 'steps', horizon: 2 } } });
});
afterEach(() => rmSync(cwd, { recursive: true }));

const write = (file: string, value: object) => writeFileSync(path.join(cwd, file), JSON.stringify(value));
const read = (...file: string[]) => JSON.parse(readFileSync(path.join(cwd, ...file), 'utf8'));

function link(target: string, file: string): void {
  mkdirSync(path.dirname(path.join(cwd, file)), { recursive: true });
  symlinkSync(target, path.join(cwd, file), 'dir');
}

interface Provided {
  readonly kind: string;
  readonly name: string;
  readonly export: string;
}

/** @param provides - all of it, or the name of a head */
function install(
  name: string,
  files: { readonly [file: string]: string },
  provides: string | readonly Provided[],
): void {
  const folder = path.join('node_modules', name);
  mkdirSync(path.join(cwd, folder), { recursive: true });
  const promised = typeof provides === 'string' ? [{ kind: 'head', name: provides, export: '.' }] : provides;
  const foretoken = { api: 1, provides: promised };
  write(path.join(folder, 'package.json'), {
    ...{ name, version: '1.0.0', type: 'module', exports: './index.js', foretoken },
    peerDependencies: { '@foretoken/core': '*' },
  });
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(cwd, folder, file), text);
}

test('a head of a dependency trains, and its run is evaluated where only its folder and the package are', async () => {
  expect(await runBin(['train', 'mine.json', '--json'], { cwd })).toMatchObject({ code: 0 });
  expect(read('runs/mine/experiment.json').plugins).toEqual(['stranger']);
  // Neither the configuration nor the project's package.json is asked again.
  rmSync(path.join(cwd, 'mine.json'));
  write('package.json', {});
  const moved = `${cwd}-moved`;
  renameSync(cwd, moved);
  cwd = moved;
  const { code, stderr } = await runBin(['eval', 'runs/mine', '--json'], { cwd });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  // Without the package, what is missing is named.
  rmSync(path.join(cwd, 'node_modules/stranger'), { recursive: true });
  const without = await runBin(['eval', 'runs/mine'], { cwd });
  expect(without.stderr).toContain('PLUGIN_NOT_FOUND: plugin package "stranger" is not installed');
});

/** A decoder that says one token and an eval that counts: what a command line may name. */
const NAMED = `import { defineDecoder, defineEval } from '@foretoken/core/plugin';
export default {
  api: 1,
  provides: [
    defineEval({ name: 'windows', create: () => ({ measure: async ({ validation }) => ({ results: { count: validation.count } }) }) }),
    defineDecoder({
      name: 'one-token',
      create: () => ({
        drafts: false,
        async *generate() {
          yield { prompt: 0, tokens: Int32Array.of(65), proposed: [], accepted: 0, finished: 'length' };
        },
      }),
    }),
  ],
};`;

test('a command line may name plugins of a dependency that the run did not use', async () => {
  const provides = [
    { kind: 'eval', name: 'windows', export: '.' },
    { kind: 'decoder', name: 'one-token', export: '.' },
  ];
  install('tools', { 'index.js': NAMED }, provides);
  write('package.json', { dependencies: { stranger: '1.0.0', tools: '1.0.0' } });
  expect(await runBin(['train', 'mine.json'], { cwd })).toMatchObject({ code: 0 });
  const measured = await runBin(['eval', 'runs/mine', '--evals', 'windows', '--json'], { cwd });
  expect(measured, measured.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(measured.stdout).evals.windows.results.count).toBeGreaterThan(0);
  const decoded = await runBin(['generate', 'runs/mine', '--prompt', 'do', '--decoder', 'one-token', '--json'], {
    cwd,
  });
  expect(decoded, decoded.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(decoded.stdout)).toMatchObject({ decoder: 'one-token', rows: [{ text: 'A', tokens: 1 }] });
  const timed = ['--prompt', '4', '--tokens', '1', '--decoder', 'one-token', '--json'];
  const bench = await runBin(['bench', 'decoding', '--run', 'runs/mine', ...timed], { cwd });
  expect(bench, bench.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(bench.stdout)).toMatchObject({ decoder: 'one-token' });
  // What nobody has is answered with what there is, the dependency's own among it.
  const unknown = await runBin(['generate', 'runs/mine', '--prompt', 'do', '--decoder', 'one-tokn'], { cwd });
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean "one-token"?') });
});

test('an ablation with workers uses it, and another dependency makes nothing run again', async () => {
  const arms = [{ name: 'plain' }, { name: 'mine', set: { 'model.head': { name: 'steps', horizon: 2 } } }];
  write('ablation.json', { formatVersion: 1, name: 'two', base: 'tiny.json', output: 'out', arms, match: 'none' });
  const first = await runBin(['ablate', 'ablation.json', '--workers', '2'], { cwd });
  expect(first, first.stderr).toMatchObject({ code: 0 });
  const before = filesOf('out');
  install('another', { 'index.js': 'throw new Error("broken");' }, 'other');
  write('package.json', { dependencies: { another: '1.0.0', stranger: '1.0.0' } });
  const again = await runBin(['ablate', 'ablation.json', '--workers', '2', '--json'], { cwd });
  expect(again, again.stderr).toMatchObject({ code: 0 });
  expect(read('out/results.json').arms.map(({ name }: { name: string }) => name)).toEqual(['plain', 'mine']);
  expect(filesOf('out')).toEqual(before);
});

/** When each checkpoint and metrics file was written. */
function filesOf(folder: string): { readonly [file: string]: number } {
  const files = readdirSync(path.join(cwd, folder), { recursive: true, encoding: 'utf8' });
  const kept = files.filter((file) => /safetensors$|metrics\.jsonl$/.test(file)).sort();
  expect(kept.length).toBeGreaterThan(1);
  return Object.fromEntries(kept.map((file) => [file, statSync(path.join(cwd, folder, file)).mtimeMs]));
}

test('`foretoken plugins` lists it with its package, and says what is wrong with another', async () => {
  install('broken', { 'index.js': 'throw new Error("no GPU");' }, 'other');
  write('package.json', { dependencies: { broken: '1.0.0', stranger: '1.0.0' } });
  const { code, stdout, stderr } = await runBin(['plugins', '--json'], { cwd });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toContainEqual(
    expect.objectContaining({ kind: 'head', name: 'steps', package: 'stranger', version: '1.0.0' }),
  );
  expect(stderr).toBe(
    'Left out: PLUGIN_FAILED: broken@1.0.0, export ".": importing it failed: no GPU. Report it to its author.\n',
  );
  const table = await runBin(['plugins'], { cwd });
  expect(table.stdout).toMatch(/head +steps +stranger 1\.0\.0 +scale=1/);
  expect(table.stdout).toContain(`Found among the dependencies in ${path.join(cwd, 'package.json')}: broken, stranger`);
});

test('a head with its own copy of the framework trains to the same bits', async () => {
  const lossesOf = async (name: string): Promise<string> => {
    const { code, stderr } = await runBin(['train', 'mine.json', '--run', name], { cwd });
    expect(code, stderr).toBe(0);
    return readFileSync(path.join(cwd, name, 'metrics.jsonl'), 'utf8').replaceAll(/"seconds":[^,}]*/g, '');
  };
  const shared = await lossesOf('shared');
  rmSync(path.join(cwd, 'node_modules/@foretoken'), { recursive: true });
  const copy = path.join(cwd, 'node_modules/stranger/node_modules/@foretoken/core');
  mkdirSync(copy, { recursive: true });
  for (const part of ['package.json', 'dist'])
    cpSync(path.join(core, part), path.join(copy, part), { recursive: true });
  symlinkSync(path.join(core, 'node_modules'), path.join(copy, 'node_modules'), 'dir');
  expect(await lossesOf('copied')).toBe(shared);
});
