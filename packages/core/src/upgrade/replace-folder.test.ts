import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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
});

it('the names of folders beside others are told from names', () => {
  const names = [
    'a.v1-backup',
    'a.v2-ready',
    'a.v2-ready.12-0123456789ab.tmp',
    'v1-backup',
    'a.backup',
    'a.v1-backups',
  ];
  expect(names.filter(isBesideFolder)).toEqual(names.slice(0, 3));
});
