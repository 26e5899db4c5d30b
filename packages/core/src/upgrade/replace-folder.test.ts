import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realDisk } from '../files/disk.ts';
import { failingDisk } from '../files/failing-disk.fixture.ts';
import { folderFiles } from './folder-files.ts';
import { finishReplacement, isBesideFolder, replaceFolder } from './replace-folder.ts';
import { conversionOf, oldFolder, places, stateOf, upgrade } from './replaced-folder.fixture.ts';

describe('a folder that is replaced', () => {
  it('is left alone where its backup is there, or becomes so meanwhile', async () => {
    const { place } = oldFolder();
    mkdirSync(place.backup);
    await expect(replaceFolder(place, { ...(await folderFiles(place.directory)), conversionOf })).rejects.toThrow(
      /^RUN_EXISTS: .*run\.v1-backup is there already/,
    );
    expect([place.directory, place.ready].map(stateOf)).toEqual(['old', undefined]);
  });

  it('does not take what an earlier upgrade left for the new folder', async () => {
    const { place } = oldFolder();
    mkdirSync(place.ready);
    writeFileSync(join(place.ready, 'experiment.json'), 'of another time');
    expect(await finishReplacement(place)).toBe(false);
    await upgrade(place);
    expect(places(place)).toEqual(['new', 'old', undefined]);
  });

  it('is put back, and that is said, where the new one does not get its name', async () => {
    const { place } = oldFolder();
    const isLast = (index: number) => calls.slice(0, index + 1).filter((call) => call === 'rename').length === 5;
    const { disk, calls } = failingDisk((call, index) => (call === 'rename' && isLast(index) ? 'ENOENT' : undefined));
    await expect(upgrade(place, { disk })).rejects.toThrow(/^RUN_EXISTS: .*run\.v2-ready could not become .*run: /);
    expect(places(place)).toEqual(['old', undefined, undefined]);
  });

  it('gets its name back where its backup alone is left', async () => {
    const { place } = oldFolder();
    renameSync(place.directory, place.backup);
    expect(await finishReplacement(place)).toBe(false);
    expect(places(place)).toEqual(['old', undefined, undefined]);
  });

  it('is not taken for gone where it cannot be looked at', async () => {
    const { place } = oldFolder();
    renameSync(place.directory, place.backup);
    const stat = () => Promise.reject(Object.assign(new Error('EACCES: stat'), { code: 'EACCES' }));
    const disk = { ...realDisk, stat } as never;
    await expect(finishReplacement(place, { disk })).rejects.toThrow(/^FILE_READ: .*run could not be read: EACCES/);
    expect(places(place)).toEqual([undefined, 'old', undefined]);
  });
});

it('the names of folders beside others are told from names', () => {
  const names = [
    'a.v1-backup',
    'a.v2-ready',
    'a.v2-ready.12-0123456789ab.tmp',
    'a.v2-lock',
    'v1-backup',
    'a.backup',
    'a.v1-backups',
  ];
  const besides = (all: readonly string[]) => all.filter((name) => isBesideFolder(name, new Set(all)));
  expect(besides(['a', ...names])).toEqual(names.slice(0, 4));
  // Between the two renames the folder has no name; one such name alone is somebody's own.
  expect(besides(['a.v1-backup', 'a.v2-ready', 'b.v1-backup'])).toEqual(['a.v1-backup', 'a.v2-ready']);
});
