import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { failingDisk } from './failing-disk.fixture.ts';
import { removePath } from './remove-path.ts';
import { temporaryFolder } from './temporary-folder.fixture.ts';

test('a file goes, a folder with all that is in it, and what is not there may be missing', async () => {
  const folder = temporaryFolder();
  const [file, full] = [join(folder, 'file'), join(folder, 'full')];
  writeFileSync(file, '');
  mkdirSync(join(full, 'deep'), { recursive: true });
  writeFileSync(join(full, 'deep', 'file'), '');
  for (const path of [file, full]) {
    await removePath(path);
    expect(existsSync(path)).toBe(false);
    await removePath(path);
  }
});

test('what cannot be removed is named with the errno', async () => {
  const { disk } = failingDisk((call) => (call === 'rm' ? 'EACCES' : undefined));
  await expect(removePath('/a/b', { disk })).rejects.toThrow(
    'FILE_WRITE: /a/b could not be written: EACCES: simulated, rm.',
  );
});
