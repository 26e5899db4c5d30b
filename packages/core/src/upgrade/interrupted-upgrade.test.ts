import { existsSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBaseRun } from '../config/base-run.ts';
import { openRunDirectory, readRunExperiment } from '../training/run-directory.ts';
import { isInterrupted, refuseInterrupted, upgradeOf } from './interrupted-upgrade.ts';
import { oldFolder } from './replaced-folder.fixture.ts';

/** A folder as a kill between the two renames leaves it. */
function interrupted() {
  const { parent, place } = oldFolder();
  renameSync(place.directory, place.backup);
  mkdirSync(place.ready);
  return { parent, place };
}

describe('a folder whose upgrade was interrupted', () => {
  it.each<[string, (folder: string) => unknown]>([
    ['read', (folder) => readRunExperiment(folder)],
    ['begun anew', (folder) => openRunDirectory(folder, {} as never, false)],
    ['gone on with', (folder) => openRunDirectory(folder, {} as never, true)],
    ['begun or gone on with', (folder) => openRunDirectory(folder, {} as never, 'auto')],
    ['attached to', async (folder) => readBaseRun('run', folder)],
  ])('is not %s, and the command that ends it is named', async (_, use) => {
    const { parent, place } = interrupted();
    symlinkSync('run', join(parent, 'link'));
    for (const folder of [place.directory, join(parent, 'link')])
      await expect(use(folder)).rejects.toThrow(
        `RUN_NOT_FOUND: ${folder} is not there, but ${place.backup} and ${place.ready} are: its upgrade was interrupted. Run "foretoken upgrade ${folder}"`,
      );
    expect(existsSync(place.directory)).toBe(false);
  });

  it('is told from one that is there, and from one that never was', () => {
    const { parent, place } = oldFolder();
    mkdirSync(place.ready);
    expect(isInterrupted(place)).toBe(false);
    expect(() => refuseInterrupted(join(parent, 'other'))).not.toThrow();
  });

  it('is where the links to it lead, whether it has its name or not', () => {
    const { parent, place } = interrupted();
    mkdirSync(join(parent, 'a'));
    symlinkSync('../b', join(parent, 'a/first'));
    symlinkSync('run', join(parent, 'b'));
    expect(upgradeOf(join(parent, 'a/first'))).toEqual(place);
    renameSync(place.ready, place.directory);
    expect(upgradeOf(join(parent, 'a/first'))).toEqual(place);
  });

  it('is none that links in a circle lead to', () => {
    const { parent } = oldFolder();
    symlinkSync('b', join(parent, 'a'));
    symlinkSync('a', join(parent, 'b'));
    expect(upgradeOf(join(parent, 'a')).directory).toBe(join(parent, 'a'));
  });
});
