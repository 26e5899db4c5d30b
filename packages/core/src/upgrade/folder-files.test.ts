import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { folderFiles } from './folder-files.ts';

it('a folder is listed with all that is in it, but for what a kill left unfinished', async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, 'b/c'), { recursive: true });
  for (const name of ['z', 'b/a', 'b/c/x', '.hidden', '.z.1-0123456789ab.tmp']) writeFileSync(join(root, name), '');
  expect(await folderFiles(root)).toEqual({ folders: ['b', 'b/c'], files: ['.hidden', 'b/a', 'b/c/x', 'z'] });
});

it('a link in it is refused, wherever it leads, and so is a folder that is not there', async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, 'b'));
  symlinkSync('nowhere', join(root, 'b/link'));
  await expect(folderFiles(root)).rejects.toThrow(/^FILE_READ: .*b\/link is a link: only files and folders are copied/);
  await expect(folderFiles(join(root, 'nowhere'))).rejects.toThrow(/^FILE_READ: .*ENOENT/);
});
