import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json } from '../contracts/json.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { describeDatasetContract } from '../testing/describe-dataset-contract.ts';
import { datasetOf, writeTree } from './create-dataset.fixture.ts';
import { textFilesDataset } from './text-files-dataset.ts';

describeDatasetContract(
  textFilesDataset,
  'text-files',
  {
    include: ['texts/**/*.txt', 'rows.jsonl'],
    exclude: ['texts/B/**'],
    maxFileBytes: 60,
    split: { by: 'file', salt: 'x' },
  },
  { actElsewhere: ['packages'] },
);

const dataset = (folder: string, options: Readonly<Record<string, Json>>) =>
  datasetOf(textFilesDataset, folder, options);
const idsOf = async (folder: string, options: Readonly<Record<string, Json>>) =>
  (await dataset(folder, options).list()).documents.map(({ id }) => id);

describe('the dataset "text-files"', () => {
  it('lists each file once, by its path from the base folder, with size and SHA-256, and reads it', async () => {
    const folder = temporaryFolder();
    writeTree(folder, { 'src/b.ts': 'abc', 'src/a.ts': 'größe', 'notes.md': 'no' });
    const files = dataset(folder, { include: ['src/**/*.ts', 'src/a.*'] });
    const { documents, skipped } = await files.list();
    expect(documents.map(({ id, bytes, sha256 }) => [id, bytes, sha256])).toEqual([
      // printf 'größe' | sha256sum
      ['src/a.ts', 7, 'd353a2671b67afff0941ae456e5c76e9394bd6579774ae7542a6185fb9843384'],
      ['src/b.ts', 3, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ]);
    expect(skipped).toEqual([]);
    expect(Buffer.from(await files.read(documents[0])).toString()).toBe('größe');
  });

  it('lists the same whatever the order of patterns and the age of files', async () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()];
    const files = ['b/x.ts', 'a.ts', 'B.ts', 'ä.ts', 'b.ts', 'a/z.ts'];
    for (const name of files) writeTree(one, { [name]: name });
    for (const name of files.toReversed()) writeTree(two, { [name]: name });
    const first = await dataset(one, { include: ['**/*.ts', 'a/*'] }).list();
    expect(await dataset(two, { include: ['a/*', '*.ts', 'b'] }).list()).toEqual(first);
    expect(first.documents.map(({ id }) => id)).toEqual(['B.ts', 'a.ts', 'a/z.ts', 'b.ts', 'b/x.ts', 'ä.ts']);
  });

  it('neither follows nor lists symbolic links', async () => {
    const folder = temporaryFolder();
    writeTree(folder, { 'in/a.txt': 'a', 'in/b.txt': 'b', 'out/secret.txt': 's' });
    symlinkSync(join(folder, 'out'), join(folder, 'in', 'link'));
    symlinkSync(join(folder, 'out', 'secret.txt'), join(folder, 'in', 'file-link.txt'));
    symlinkSync(join(folder, 'in'), join(folder, 'in', 'loop'));
    expect(await idsOf(folder, { include: ['in/**/*.txt'] })).toEqual(['in/a.txt', 'in/b.txt']);
  });

  it('skips empty, binary, too large and repeated files, and says so', async () => {
    const folder = temporaryFolder();
    const late = Buffer.alloc(9000, 'x');
    late[8192] = 0;
    const early = Buffer.alloc(9000, 'x');
    early[8191] = 0;
    writeTree(folder, {
      empty: '',
      'nul-late': late,
      'nul-early': early,
      large: 'y'.repeat(9001),
      copy: 'text',
      b: 'text',
    });
    const { documents, skipped } = await dataset(folder, { include: ['*'], maxFileBytes: 9000 }).list();
    expect(documents.map(({ id }) => id)).toEqual(['b', 'nul-late']);
    expect(skipped).toEqual([
      { id: 'copy', reason: 'same content as b' },
      { id: 'empty', reason: 'empty' },
      { id: 'large', reason: 'larger than maxFileBytes: 9001 bytes' },
      { id: 'nul-early', reason: 'binary' },
    ]);
  });

  it('hashes a file that is longer than a block as a whole', async () => {
    const folder = temporaryFolder();
    writeTree(folder, { long: 'a'.repeat(1_000_000), other: 'b' });
    const { documents } = await dataset(folder, { include: ['*'] }).list();
    // The classic test vector of SHA-256: one million times "a".
    expect(documents[0].sha256).toBe('cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0');
  });

  it('names every pattern that matches nothing', async () => {
    const folder = temporaryFolder();
    writeTree(folder, { 'a.ts': 'a', 'b.ts': 'b' });
    await expect(idsOf(folder, { include: ['*.ts', 'src/**', '*.md'] })).rejects.toMatchObject({
      code: 'DATA_NO_MATCH',
      message: expect.stringMatching(/no file matches "src\/\*\*" in .*no file matches "\*\.md" in/),
      problems: [expect.stringContaining('src/**'), expect.stringContaining('*.md')],
    });
    await expect(idsOf(folder, { include: ['*.ts'], exclude: ['a.ts', 'b.ts'] })).rejects.toThrow(
      /DATA_NO_MATCH.*exclude/,
    );
  });

  it('is refused where nothing is left to hold out', async () => {
    const folder = temporaryFolder();
    writeTree(folder, { 'a.ts': 'a', 'b.ts': 'a', 'c.ts': '' });
    await expect(idsOf(folder, { include: ['*.ts'] })).rejects.toThrow(
      /DATA_EMPTY: .*"a.ts" \(1 documents; left out: 1 same content, 1 empty\)/,
    );
  });

  it('split by folder keeps a folder on one side', async () => {
    const folder = temporaryFolder();
    for (const name of 'abcdefgh') writeTree(folder, { [`${name}/1`]: `${name}1`, [`${name}/2`]: `${name}2` });
    const { documents } = await dataset(folder, { include: ['**'], split: { by: 'folder', validation: 0.5 } }).list();
    const sides = new Map<string, Set<string>>();
    for (const { id, split } of documents) sides.set(id[0], (sides.get(id[0]) ?? new Set()).add(split));
    expect([...sides.values()].every((side) => side.size === 1)).toBe(true);
    expect(new Set(documents.map(({ split }) => split)).size).toBe(2);
  });

  it('split by package keeps two versions of one package on one side, nested package.json without a name or not', async () => {
    const folder = temporaryFolder();
    for (const name of 'abcdefgh') {
      for (const version of ['1', '2']) {
        const root = `${name}@${version}/node_modules/${name}`;
        writeTree(folder, {
          [`${root}/package.json`]: `{"name":"${name}"}`,
          [`${root}/dist/package.json`]: '{"type":"module"}',
          [`${root}/broken/package.json`]: '{',
          [`${root}/dist/x.d.ts`]: `${name}${version} dist`,
          [`${root}/broken/x.d.ts`]: `${name}${version} broken`,
        });
      }
    }
    const split = { by: 'package', validation: 0.5 };
    const { documents } = await dataset(folder, { include: ['**/*.d.ts'], split }).list();
    expect(documents).toHaveLength(32);
    const sides = new Map<string, Set<string>>();
    for (const { id, split: side } of documents) sides.set(id[0], (sides.get(id[0]) ?? new Set()).add(side));
    expect([...sides.values()].every((side) => side.size === 1)).toBe(true);
    expect(new Set(documents.map(({ split: side }) => side)).size).toBe(2);
  });

  it('refuses to read a file that changed since it was listed, or is gone', async () => {
    const folder = temporaryFolder();
    writeTree(folder, { a: 'a', b: 'b' });
    const files = dataset(folder, { include: ['*'] });
    const { documents } = await files.list();
    writeFileSync(join(folder, 'a'), 'A');
    rmSync(join(folder, 'b'));
    await expect(files.read(documents[0])).rejects.toThrow(/DATA_CHANGED: a is not/);
    await expect(files.read(documents[1])).rejects.toThrow(/FILE_READ: .*ENOENT/);
  });

  it.each([
    [{}, 'include'],
    [{ include: [] }, 'include'],
    [{ include: ['*'], maxFileBytes: 0 }, 'maxFileBytes'],
    [{ include: ['*'], split: { by: 'line' } }, 'by'],
    [{ include: ['*'], split: { validation: 0 } }, 'validation'],
    [{ include: ['*'], split: { validation: 1 } }, 'validation'],
    [{ include: ['*'], split: { share: 0.5 } }, 'share'],
  ])('refuses the options %j', (options, where) => {
    expect(() => dataset('.', options as Readonly<Record<string, Json>>)).toThrow(where);
  });

  it('takes a folder for all that is in it', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'empty'));
    writeTree(folder, { 'src/a': 'a', 'src/deep/b': 'b' });
    expect(await idsOf(folder, { include: ['src'] })).toEqual(['src/a', 'src/deep/b']);
    await expect(idsOf(folder, { include: ['empty'] })).rejects.toThrow(/DATA_NO_MATCH/);
  });
});
