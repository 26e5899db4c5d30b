import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realDisk } from './disk.ts';
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
  await expect(makeFolder(join(file, 'below'))).rejects.toThrow(/^FILE_WRITE: /);
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
