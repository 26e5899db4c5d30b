import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AppendOnlyFile } from './append-only-file.ts';
import { failingDisk } from './failing-disk.fixture.ts';
import { temporaryFolder } from './temporary-folder.fixture.ts';

test('a record that was torn and could not be cut off at once is cut off before the next one', async () => {
  const path = join(temporaryFolder(), 'records');
  let isBroken = false;
  let numBroken = 0;
  const { disk } = failingDisk(() => {
    if (!isBroken) return undefined;
    numBroken += 1;
    return numBroken === 1 ? 'short' : 'EIO';
  });
  const file = await AppendOnlyFile.open(path, async () => 0, { disk });
  await file.append(Buffer.from('one;'));
  isBroken = true;
  await expect(file.append(Buffer.from('two;'))).rejects.toThrow(/FILE_WRITE: .*EIO/);
  expect(readFileSync(path, 'utf8')).toBe('one;tw');
  await expect(file.append(Buffer.from('two;'))).rejects.toThrow(/EIO/);
  isBroken = false;
  await file.append(Buffer.from('three;'));
  await file.close();
  expect(readFileSync(path, 'utf8')).toBe('one;three;');
});
