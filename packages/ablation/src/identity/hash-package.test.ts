import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPackageHasher, hashPackage } from './hash-package.ts';

type Files = { readonly [file: string]: string };

async function write(directory: string, files: Files): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, file)), { recursive: true });
    await writeFile(path.join(directory, file), text);
  }
}

async function packageOf(files: Files): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'foretoken-package-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await write(directory, files);
  return directory;
}

const manifest = JSON.stringify({ name: 'heads', files: ['dist', '!dist/**/*.map', '!dist/test', 'native/*.cc'] });
const files = { 'package.json': manifest, 'dist/head.js': '1', 'dist/deep/part.js': '2', 'native/kernel.cc': '3' };
const hashOf = async (changed: Files = {}) => hashPackage(await packageOf({ ...files, ...changed }));

describe('the hash of a package', () => {
  it('is that of its sorted paths and the hashes of their contents', async () => {
    const sha = (text: string) => createHash('sha256').update(text).digest('hex');
    const lines = [
      `"dist/deep/part.js" ${sha('2')}`,
      `"dist/head.js" ${sha('1')}`,
      `"native/kernel.cc" ${sha('3')}`,
      `"package.json" ${sha(manifest)}`,
    ];
    expect(await hashOf()).toBe(sha(`${lines.join('\n')}\n`).slice(0, 24));
  });

  it.each([
    ['a changed file', { 'dist/deep/part.js': '2 ' }],
    ['a new file', { 'dist/new.js': '' }],
    ['a changed package.json', { 'package.json': manifest.replace('heads', 'head') }],
    ['a source that is compiled where it is installed', { 'native/kernel.cc': '4' }],
  ])('changes with %s', async (_, changed: Files) => {
    expect(await hashOf(changed)).not.toBe(await hashOf());
  });

  it('tells where one file ends and the next begins', async () => {
    const one = await packageOf({ 'package.json': '{}', 'a.js': 'x', 'b.js': 'y' });
    const other = await packageOf({ 'package.json': '{}', 'a.js': 'y', 'b.js': 'x' });
    expect(hashPackage(one)).not.toBe(hashPackage(other));
  });

  it.each([
    ['documentation', { 'dist/README.md': 'x', 'README.md': 'x', LICENSE: 'x' }],
    ['source maps and types', { 'dist/head.js.map': 'x', 'dist/head.d.ts': 'x' }],
    ['what is not published', { 'src/head.ts': 'x', 'native/build/Release/x.cc': 'x', 'dist/test/a.js': 'x' }],
    ['dependencies and what starts with a dot', { 'dist/node_modules/a/a.js': 'x', 'dist/.cache/a.js': 'x' }],
  ])('does not change with %s', async (_, added: Files) => {
    expect(await hashOf(added)).toBe(await hashOf());
  });

  it('does not change with the folder or the times of its files', async () => {
    const directory = await packageOf(files);
    await utimes(path.join(directory, 'dist/head.js'), 1, 1);
    expect(hashPackage(directory)).toBe(await hashOf());
  });

  it('takes all there is of a package that names no files, and its main beside those it names', async () => {
    const all = { 'package.json': '{}', 'index.js': '1', 'lib/a.js': '2' };
    expect(hashPackage(await packageOf(all))).not.toBe(hashPackage(await packageOf({ ...all, 'lib/a.js': '3' })));
    const main = { 'package.json': '{"main":"./index.js","files":["lib"]}', 'index.js': '1' };
    expect(hashPackage(await packageOf(main))).not.toBe(hashPackage(await packageOf({ ...main, 'index.js': '2' })));
  });

  it('ends where a folder links to one above it', async () => {
    const directory = await packageOf(files);
    await symlink(directory, path.join(directory, 'dist/loop'));
    expect(hashPackage(directory)).toBe(await hashOf());
  });

  it('is read once in a process, whatever is edited then', async () => {
    const directory = await packageOf(files);
    const hash = createPackageHasher();
    const before = hash(directory);
    await write(directory, { 'dist/head.js': 'edited' });
    expect(hash(directory)).toBe(before);
    expect(createPackageHasher()(directory)).not.toBe(before);
  });
});
