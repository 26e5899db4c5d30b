import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Disk, realDisk } from './disk.ts';
import { failingDisk } from './failing-disk.fixture.ts';
import { moveIntoPlace } from './move-into-place.ts';
import { temporaryFolder } from './temporary-folder.fixture.ts';

/** A finished folder, and the name that it is to have. */
function finished() {
  const folder = temporaryFolder();
  const [from, to] = [join(folder, '.new'), join(folder, 'name')];
  mkdirSync(from);
  writeFileSync(join(from, 'file'), 'x');
  return { folder, from, to };
}

test('a folder gets its name, and the folder above is synced after that', async () => {
  const { folder, from, to } = finished();
  const { disk, calls } = failingDisk(() => undefined);
  expect(await moveIntoPlace(from, to, { disk })).toBe(true);
  expect(calls).toEqual(['rename', 'open to read', 'sync', 'close']);
  expect([readdirSync(folder), readdirSync(to)]).toEqual([['name'], ['file']]);
});

test('the real disk is used where none is named', async () => {
  const { from, to } = finished();
  expect(await moveIntoPlace(from, to)).toBe(true);
  expect(existsSync(join(to, 'file'))).toBe(true);
});

test('another folder in the way stays, and so does what was to take its place', async () => {
  const { from, to } = finished();
  mkdirSync(to);
  writeFileSync(join(to, 'other'), '');
  expect(await moveIntoPlace(from, to)).toBe(false);
  expect([readdirSync(from), readdirSync(to)]).toEqual([['file'], ['other']]);
});

test('what another process has moved already is not there to be moved', async () => {
  const { folder, to } = finished();
  expect(await moveIntoPlace(join(folder, 'gone'), to)).toBe(false);
});

test.each(['ENOTEMPTY', 'EEXIST', 'ENOENT'])('%s means that somebody else was there first', async (errno) => {
  const { from, to } = finished();
  const { disk, calls } = failingDisk((call) => (call === 'rename' ? errno : undefined));
  expect(await moveIntoPlace(from, to, { disk })).toBe(false);
  expect(calls).toEqual(['rename']);
});

test.each(['rename', 'open to read', 'sync', 'close'])(
  'a disk that fails at %s is told with the name',
  async (failing) => {
    const { from, to } = finished();
    const { disk } = failingDisk((call) => (call === failing ? 'ENOSPC' : undefined));
    await expect(moveIntoPlace(from, to, { disk })).rejects.toThrow(
      `DISK_FULL: ${to} could not be written: ENOSPC: simulated, ${failing}.`,
    );
  },
);

test('an error without a name of the system’s is no rival', async () => {
  const rename = async () => {
    throw new Error('odd');
  };
  const disk = { ...realDisk, rename } as Disk;
  await expect(moveIntoPlace('/a/b', '/a/c', { disk })).rejects.toThrow('FILE_WRITE: /a/c could not be written: odd.');
});
