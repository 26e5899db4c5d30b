import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { writeTree } from './create-dataset.fixture.ts';
import { findFiles } from './find-files.ts';

async function idsOf(
  baseDirectory: string,
  patterns: readonly string[],
  exclude?: readonly string[],
): Promise<string[]> {
  return (await findFiles('test', patterns, { baseDirectory, exclude })).map(({ id }) => id);
}

/** A tree with its base folder in the middle of it. */
function treeAround(): { folder: string; base: string } {
  const folder = temporaryFolder();
  writeTree(folder, { '.hidden/a.txt': '1', 'base/b.txt': '2', 'base/c.txt': '3', 'base/skip/d.txt': '4' });
  return { folder, base: join(folder, 'base') };
}

describe('findFiles', () => {
  it('finds hidden files and files beside the base folder', async () => {
    const { base } = treeAround();
    expect(await idsOf(base, ['*.txt', '../.hidden/*'])).toEqual(['../.hidden/a.txt', 'b.txt', 'c.txt']);
  });

  it('finds everything below an absolute or climbing pattern, in the base folder and out of it', async () => {
    const { folder, base } = treeAround();
    const all = ['../.hidden/a.txt', 'b.txt', 'c.txt', 'skip/d.txt'];
    expect(await idsOf(base, [`${folder}/**/*.txt`])).toEqual(all);
    expect(await idsOf(base, ['../**/*.txt'])).toEqual(all);
    expect(await idsOf(base, ['..'])).toEqual(all);
  });

  it('leaves out what is excluded from the base folder, absolutely, or wherever it is', async () => {
    const { folder, base } = treeAround();
    expect(await idsOf(base, ['../**'], ['skip/**', 'b.txt'])).toEqual(['../.hidden/a.txt', 'c.txt']);
    expect(await idsOf(base, ['../**'], [`${folder}/.hidden`])).toEqual(['b.txt', 'c.txt', 'skip/d.txt']);
    expect(await idsOf(base, ['../**'], ['**/[ab].txt'])).toEqual(['c.txt', 'skip/d.txt']);
    // Without the stars in front a pattern means the base folder alone.
    expect(await idsOf(base, ['../**'], ['[ab].txt'])).toEqual(['../.hidden/a.txt', 'c.txt', 'skip/d.txt']);
  });

  it('takes the base folder literally, whatever its name means in a pattern', async () => {
    const folder = join(temporaryFolder(), 'a[b] (c) {d,e} !f');
    mkdirSync(folder);
    writeTree(folder, { 'x.txt': 'x' });
    expect(await idsOf(folder, ['*.txt'])).toEqual(['x.txt']);
  });

  it('refuses a single pattern among others that matches nothing', async () => {
    const { base } = treeAround();
    await expect(idsOf(base, ['*.txt', '*.md'])).rejects.toThrow(
      `DATA_NO_MATCH: dataset "test": no file matches "*.md" in ${base}.`,
    );
  });

  it('finds a single file by its plain name', async () => {
    const { base } = treeAround();
    expect(await idsOf(base, ['b.txt', './skip/d.txt'])).toEqual(['b.txt', 'skip/d.txt']);
  });
});
