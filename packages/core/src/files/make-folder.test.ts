import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Disk, realDisk } from './disk.ts';
import { failingDisk } from './failing-disk.fixture.ts';
import { makeFolder } from './make-folder.ts';
import { temporaryFolder } from './temporary-folder.fixture.ts';

test('missing folders above are made, and a folder that is there is fine', async () => {
  const folder = join(temporaryFolder(), 'a/b/c');
  await Promise.all([makeFolder(folder), makeFolder(folder)]);
  await makeFolder(folder);
  expect(existsSync(folder)).toBe(true);
});

test('a file in the way is FILE_WRITE naming it', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  await expect(makeFolder(file)).rejects.toThrow(/^FILE_WRITE: .*file could not be written: .*EEXIST/);
  await expect(makeFolder(join(file, 'below'))).rejects.toThrow(`FILE_WRITE: ${file} could not be written: EEXIST`);
});

test.runIf(existsSync('/proc/self'))('where nothing can be made it says so instead of trying forever', async () => {
  await expect(makeFolder('/proc/nope/below')).rejects.toThrow(/^FILE_WRITE: \/proc\/nope could not be written/);
});

test('a folder that could not be made durable is not left there to be taken for one that is', async () => {
  const folder = join(temporaryFolder(), 'a');
  const { disk } = failingDisk((call) => (call === 'sync' ? 'EIO' : undefined));
  await expect(makeFolder(folder, { disk })).rejects.toThrow(/^FILE_WRITE: .*a could not be written: EIO/);
  expect(existsSync(folder)).toBe(false);
});

test('a folder that cannot be looked at is named, and none above it is tried', async () => {
  const stat = async () => {
    throw Object.assign(new Error('EACCES: simulated'), { code: 'EACCES' });
  };
  const disk = { ...realDisk, stat } as unknown as typeof realDisk;
  await expect(makeFolder('/a/b/c', { disk })).rejects.toThrow(/^FILE_WRITE: \/a\/b\/c could not be written: EACCES/);
});

const said = (code: string) => Object.assign(new Error(`${code}: simulated`), { code });
const failing = (code: string) => async () => {
  throw said(code);
};

test('one that another process makes in between is fine, and synced like an own one', async () => {
  const { disk, calls } = failingDisk(() => undefined);
  const folder = join(temporaryFolder(), 'a');
  let isThere = false;
  const mkdir = async (path: string) => {
    await realDisk.mkdir(path);
    isThere = true;
    throw said('EEXIST');
  };
  const stat = async (path: string) => {
    if (path === folder && !isThere) throw said('ENOENT');
    return realDisk.stat(path);
  };
  await makeFolder(folder, { disk: { ...disk, mkdir, stat } as unknown as Disk });
  expect(calls).toEqual(['open to read', 'sync', 'close']);
});

test('only what is there already counts as made by another: other errors are told', async () => {
  const folder = join(temporaryFolder(), 'a');
  const disk = { ...realDisk, mkdir: failing('EROFS') } as unknown as Disk;
  await expect(makeFolder(folder, { disk })).rejects.toThrow(`FILE_WRITE: ${folder} could not be written: EROFS`);
});

test('each new folder is synced into the one above it, and one that was there is not', async () => {
  const folder = temporaryFolder();
  const { disk, calls } = failingDisk(() => undefined);
  await makeFolder(folder, { disk });
  expect(calls).toEqual([]);
  await makeFolder(join(folder, 'a', 'b'), { disk });
  expect(calls).toEqual(['open to read', 'sync', 'close', 'open to read', 'sync', 'close']);
});

test('a folder that cannot be synced and not be removed again is told by the first error', async () => {
  const { disk } = failingDisk((call) => (call === 'sync' ? 'EIO' : undefined));
  const folder = join(temporaryFolder(), 'a');
  const stuck = { ...disk, rmdir: failing('EBUSY') } as unknown as Disk;
  await expect(makeFolder(folder, { disk: stuck })).rejects.toThrow(`FILE_WRITE: ${folder} could not be written: EIO`);
});

test('a disk without a topmost folder is told, not asked for ever', async () => {
  const disk = { ...realDisk, stat: failing('ENOENT'), mkdir: failing('EROFS') } as unknown as Disk;
  await expect(makeFolder('/', { disk })).rejects.toThrow('FILE_WRITE: / could not be written: EROFS');
});
