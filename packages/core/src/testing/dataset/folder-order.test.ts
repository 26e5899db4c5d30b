import fs, { readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { writeTree } from '../../data/create-dataset.fixture.ts';
import { temporaryFolder } from '../../files/temporary-folder.fixture.ts';
import { inReversedFolders } from './folder-order.ts';

const listings = (folder: string) =>
  Promise.all([
    readdir(folder),
    fs.promises.readdir(folder, { withFileTypes: true }).then((entries) => entries.map(({ name }) => name)),
    readdirSync(folder),
    fs.readdirSync(folder),
    promisify<string, string[]>(fs.readdir)(folder),
  ]);

test('every way of listing a folder gives it backwards, and as it was afterwards', async () => {
  const folder = temporaryFolder();
  writeTree(folder, { a: '', b: '', c: '' });
  const before = await listings(folder);
  expect(await inReversedFolders(() => listings(folder))).toEqual(before.map((names) => names.toReversed()));
  expect(await listings(folder)).toEqual(before);
});

test('errors come through, and leave nothing changed', async () => {
  const missing = join(temporaryFolder(), 'missing');
  const real = [fs.readdir, fs.readdirSync, fs.promises.readdir];
  await expect(inReversedFolders(() => readdir(missing))).rejects.toThrow(/ENOENT/);
  await expect(inReversedFolders(() => promisify(fs.readdir)(missing))).rejects.toThrow(/ENOENT/);
  await expect(inReversedFolders(async () => fs.readdirSync(missing))).rejects.toThrow(/ENOENT/);
  expect([fs.readdir, fs.readdirSync, fs.promises.readdir]).toEqual(real);
});
