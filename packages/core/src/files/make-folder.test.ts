import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
