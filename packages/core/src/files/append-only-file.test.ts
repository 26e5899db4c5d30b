import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
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

const record = (text: string) => Buffer.from(text);

test('a record is one write, and only what was torn is cut', async () => {
  const path = join(temporaryFolder(), 'records');
  const { disk, calls } = failingDisk(() => undefined);
  const file = await AppendOnlyFile.open(path, async (_, size) => size, { disk });
  await file.append(record('one;'));
  await file.append(record('two;'));
  await file.truncate(4);
  await file.append(record('three;'));
  await file.close();
  expect(calls.filter((call) => call === 'write' || call === 'truncate')).toEqual([
    'write',
    'write',
    'truncate',
    'write',
  ]);
  expect([file.size, readFileSync(path, 'utf8')]).toEqual([10, 'one;three;']);
});

test('what another process left torn is cut off as the file is opened, and nothing where all is whole', async () => {
  const path = join(temporaryFolder(), 'records');
  writeFileSync(path, 'one;tw');
  const { disk, calls } = failingDisk(() => undefined);
  const open = () =>
    AppendOnlyFile.open(path, async (handle, size) => (await handle.readFile('utf8')).lastIndexOf(';', size) + 1, {
      disk,
    });
  for (const cuts of [1, 1]) {
    const file = await open();
    expect([file.size, readFileSync(path, 'utf8')]).toEqual([4, 'one;']);
    await file.close();
    expect(calls.filter((call) => call === 'truncate')).toHaveLength(cuts);
  }
});

test('a file whose content cannot be looked at is closed, and told as what could not be written', async () => {
  const path = join(temporaryFolder(), 'records');
  const { disk, calls } = failingDisk(() => undefined);
  const unreadable = async () => {
    throw new Error('odd');
  };
  await expect(AppendOnlyFile.open(path, unreadable, { disk })).rejects.toThrow(
    `FILE_WRITE: ${path} could not be written: odd.`,
  );
  expect(calls).toEqual(['open to write', 'close']);
});

test('the folder is synced with the first flush, once, and again where that failed', async () => {
  const path = join(temporaryFolder(), 'records');
  let isBroken = true;
  const { disk, calls } = failingDisk((call) => (isBroken && call === 'open to read' ? 'EIO' : undefined));
  const file = await AppendOnlyFile.open(path, async () => 0, { disk });
  await expect(file.flush()).rejects.toThrow(`FILE_WRITE: ${path} could not be written: EIO`);
  isBroken = false;
  await file.flush();
  await file.flush();
  const flushed = ['sync', 'open to read', 'sync', 'close'];
  expect(calls.slice(1)).toEqual(['sync', 'open to read', ...flushed, 'sync']);
  await file.close();
});

test('a cut that failed is made before the next record, and flushed like any other', async () => {
  const path = join(temporaryFolder(), 'records');
  let isBroken = false;
  const { disk, calls } = failingDisk((call) => (isBroken && call === 'truncate' ? 'EIO' : undefined));
  const file = await AppendOnlyFile.open(path, async () => 0, { disk });
  await file.append(record('one;two;'));
  isBroken = true;
  await expect(file.truncate(4)).rejects.toThrow(`FILE_WRITE: ${path} could not be written: EIO`);
  isBroken = false;
  await file.append(record('three;'));
  expect(readFileSync(path, 'utf8')).toBe('one;three;');
  await file.truncate(0);
  expect(calls.slice(-5)).toEqual(['truncate', 'sync', 'open to read', 'sync', 'close']);
  expect(file.size).toBe(0);
  await file.close();
});

test('a file that cannot be closed is named', async () => {
  const path = join(temporaryFolder(), 'records');
  const { disk } = failingDisk((call) => (call === 'close' ? 'EIO' : undefined));
  const file = await AppendOnlyFile.open(path, async () => 0, { disk });
  await expect(file.close()).rejects.toThrow(`FILE_WRITE: ${path} could not be written: EIO: simulated, close.`);
});

test.skipIf(process.platform === 'win32')(
  'a pipe is no file to append to: nobody reads what is written into it',
  async () => {
    const pipe = join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(AppendOnlyFile.open(pipe, async () => 0)).rejects.toThrow(
      /^FILE_WRITE: .*pipe could not be written: it is a pipe/,
    );
  },
);
