import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json } from '../contracts/json.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { datasetOf, writeTree } from './create-dataset.fixture.ts';
import { findPackageFiles } from './find-package-files.ts';
import { textFilesDataset } from './text-files-dataset.ts';

const manifest = (name: string, version: string) => JSON.stringify({ name, version });

/** The folder of a configuration file in a workspace as npm lays it out: flat, but for a second version of b. */
function flatWorkspace(): string {
  const folder = temporaryFolder();
  writeTree(folder, {
    'node_modules/a/package.json': manifest('a', '1.0.0'),
    'node_modules/a/x.d.ts': 'a x',
    'node_modules/a/dist/y.d.ts': 'a y',
    'node_modules/a/x.js': 'no',
    'node_modules/a/node_modules/b/package.json': manifest('b', '2.0.0'),
    'node_modules/a/node_modules/b/z.d.ts': 'b z, 2',
    'node_modules/b/package.json': manifest('b', '1.0.0'),
    'node_modules/b/z.d.ts': 'b z, 1',
    'node_modules/@s/c/package.json': manifest('@s/c', '0.1.0-rc.1+5'),
    'node_modules/@s/c/c.d.ts': 'c',
    'examples/e/config.yaml': '',
  });
  return join(folder, 'examples/e');
}

/** The same packages as pnpm lays them out: links into a store whose folders are named after whatever is beside them. */
function linkedWorkspace(suffix: string): string {
  const folder = temporaryFolder();
  const store = (name: string) => join(folder, 'node_modules/.pnpm', name, 'node_modules');
  writeTree(store(`a@1.0.0_${suffix}`), {
    'a/package.json': manifest('a', '1.0.0'),
    'a/x.d.ts': 'a x',
    'a/dist/y.d.ts': 'a y',
  });
  writeTree(store('b@2.0.0'), { 'b/package.json': manifest('b', '2.0.0'), 'b/z.d.ts': 'b z, 2' });
  writeTree(store('b@1.0.0'), { 'b/package.json': manifest('b', '1.0.0'), 'b/z.d.ts': 'b z, 1' });
  writeTree(store('@s+c@0'), { '@s/c/package.json': manifest('@s/c', '0.1.0-rc.1+5'), '@s/c/c.d.ts': 'c' });
  // Left behind by an earlier install.
  writeTree(store('a@0.9.0'), { 'a/package.json': manifest('a', '0.9.0'), 'a/old.d.ts': 'old' });
  link(join(store('b@2.0.0'), 'b'), join(store(`a@1.0.0_${suffix}`), 'b'));
  link(join(store(`a@1.0.0_${suffix}`), 'a'), join(folder, 'node_modules/a'));
  link(join(store('b@1.0.0'), 'b'), join(folder, 'node_modules/b'));
  link(join(store('@s+c@0'), '@s/c'), join(folder, 'node_modules/@s/c'));
  mkdirSync(join(folder, 'examples/e'), { recursive: true });
  return join(folder, 'examples/e');
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

const packages = ['a', 'a>b', 'b', '@s/c'];
const ids = [
  ...['@s/c@0.1.0-rc.1+5/c.d.ts', 'a@1.0.0/dist/y.d.ts', 'a@1.0.0/x.d.ts'],
  ...['b@1.0.0/z.d.ts', 'b@2.0.0/z.d.ts'],
];
const dataset = (baseDirectory: string, options: Readonly<Record<string, Json>>) =>
  datasetOf(textFilesDataset, baseDirectory, { include: ['**/*.d.ts'], packages, ...options });
const listed = async (baseDirectory: string, options: Readonly<Record<string, Json>> = {}) =>
  (await dataset(baseDirectory, options).list()).documents.map(({ id }) => id);

describe('files of installed packages', () => {
  it('are named by package and version, the same however they were installed and whatever else is', async () => {
    const split = { by: 'package', validation: 0.5 };
    const flat = await dataset(flatWorkspace(), { split }).list();
    expect(flat.documents.map(({ id }) => id)).toEqual(ids);
    expect(await dataset(linkedWorkspace('peer@1'), { split }).list()).toEqual(flat);
    expect(await dataset(linkedWorkspace('peer@2_other@3'), { split }).list()).toEqual(flat);
  });

  it('are read by these names, also by a dataset that has not listed them', async () => {
    const folder = linkedWorkspace('p');
    const { documents } = await dataset(folder, {}).list();
    const second = dataset(folder, {});
    const texts = await Promise.all(documents.map((document) => second.read(document)));
    expect(texts.map(String)).toEqual(['c', 'a y', 'a x', 'b z, 1', 'b z, 2']);
    await expect(second.read({ ...documents[0], id: '../config.yaml' })).rejects.toThrow('DATA_CHANGED');
  });

  it('count once where two routes lead to one package', async () => {
    expect(await listed(flatWorkspace(), { packages: ['a', 'b', 'a'] })).toEqual([...ids.slice(1, 3), ids[3]]);
  });

  it('are left out by patterns from the folder of their package', async () => {
    const options = { packages: ['a', '@s/c'] };
    expect(await listed(flatWorkspace(), { ...options, exclude: ['x.d.ts'] })).toEqual(ids.slice(0, 2));
    expect(await listed(flatWorkspace(), { ...options, exclude: ['**/y.d.ts'] })).toEqual([ids[0], ids[2]]);
  });

  it('a package that is missing is named, with where it was looked for and the next step', async () => {
    const folder = flatWorkspace();
    await expect(listed(folder, { packages: ['a', 'missing'] })).rejects.toThrow(
      `DATA_PACKAGE_NOT_FOUND: dataset "text-files": package "missing" is not installed where ${folder} can see it. ` +
        'Run "npm install missing" there, or take it out of packages.',
    );
    await expect(listed(folder, { packages: ['@s/c>d'] })).rejects.toThrow(
      /DATA_PACKAGE_NOT_FOUND: .*package "d" of "@s\/c>d" is not installed where .*c can see it/,
    );
  });

  it('every package without a match is named', async () => {
    await expect(listed(flatWorkspace(), { include: ['*/y.d.ts'] })).rejects.toMatchObject({
      code: 'DATA_NO_MATCH',
      message: expect.stringContaining('With packages, patterns start from the folder of each package.'),
      problems: [
        expect.stringMatching(/"\*\/y\.d\.ts" in .*\bb$/),
        expect.stringMatching(/\bb$/),
        expect.stringMatching(/c$/),
      ],
    });
  });

  it.each(['../../examples/e/*', 'dist/../../../examples/e/*'])(
    'a pattern may not lead out of a package: %s',
    async (out) => {
      await expect(listed(flatWorkspace(), { packages: ['a'], include: [out] })).rejects.toThrow(
        `OPTIONS_INVALID: dataset "text-files": a pattern of include leads out of a@1.0.0, to ${out}. `,
      );
      const absolute = join(flatWorkspace(), '*');
      await expect(listed(flatWorkspace(), { packages: ['a'], include: [absolute] })).rejects.toThrow(
        'OPTIONS_INVALID',
      );
    },
  );

  it.each([
    ...[
      '../x',
      '..',
      '.',
      './a',
      '/etc',
      'a/../../x',
      'a/b',
      '@s',
      '@s/',
      '@../x',
      '@s/..',
      '.bin',
      'a>../x',
      'a>',
      '>a',
    ],
    ...[
      'a\\..\\x',
      'C:\\x',
      'a\u0000',
      'a\n',
      'a b',
      '',
      'file:///etc',
      'a>.pnpm',
      '__proto__',
      'a%2f..',
      'ａ',
      'x'.repeat(1001),
    ],
  ])('refuse the name %j', (name) => {
    expect(() => dataset('.', { packages: [name] })).toThrow('packages');
  });

  it.each([
    '{"version":"../../../etc"}',
    '{"version":""}',
    '{"version":"1.0.0\\n"}',
    '{"version":3}',
    '{}',
    'null',
    '{',
  ])('a package.json without a version to name documents by is refused: %s', async (text) => {
    const folder = flatWorkspace();
    writeFileSync(join(folder, '../../node_modules/a/package.json'), text);
    const found = findPackageFiles('t', { baseDirectory: folder, packages: ['a'], include: ['*'], exclude: [] });
    await expect(found).rejects.toThrow(/DATA_INVALID: .*package\.json has no version/);
  });

  it('follow no link out of their package', async () => {
    const folder = flatWorkspace();
    symlinkSync(folder, join(folder, '../../node_modules/a/out'));
    symlinkSync(join(folder, 'config.yaml'), join(folder, '../../node_modules/a/linked.d.ts'));
    expect(await listed(folder, { include: ['**'], packages: ['a', 'b'] })).toEqual([
      ...[ids[1], 'a@1.0.0/package.json', ids[2], 'a@1.0.0/x.js', 'b@1.0.0/package.json', ids[3]],
    ]);
  });
});
