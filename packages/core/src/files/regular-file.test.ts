import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { describe, expect, it } from 'vitest';
import { failingDisk } from './failing-disk.fixture.ts';
import { withRegularFile, withRegularFileSync } from './regular-file.ts';
import { temporaryFolder } from './temporary-folder.fixture.ts';

/** A folder with a file of five bytes, a folder and a pipe in it. */
function named() {
  const folder = temporaryFolder();
  const [file, inner, pipe] = ['file', 'folder', 'pipe'].map((name) => join(folder, name));
  writeFileSync(file, 'hello');
  mkdirSync(inner);
  if (process.platform !== 'win32') execFileSync('mkfifo', [pipe]);
  return { folder, file, inner, pipe };
}

const own = new ForetokenError('FILE_CORRUPT', 'own.');
const failsOwn = () => {
  throw own;
};
const failsOdd = () => {
  throw new Error('odd');
};

describe('a file that is read', () => {
  it('is handed over with its size, and closed', async () => {
    const { disk, calls } = failingDisk(() => undefined);
    const read = withRegularFile(named().file, { disk }, async (handle, size) => [await handle.readFile('utf8'), size]);
    expect(await read).toEqual(['hello', 5]);
    expect(calls).toEqual(['open to read', 'close']);
  });

  it('is closed too if reading it fails, told as FILE_READ unless it is an error of ours', async () => {
    const { file } = named();
    const { disk, calls } = failingDisk(() => undefined);
    await expect(withRegularFile(file, { disk }, async () => failsOwn())).rejects.toBe(own);
    await expect(withRegularFile(file, { disk }, async () => failsOdd())).rejects.toThrow(
      `FILE_READ: ${file} could not be read: odd.`,
    );
    expect(calls).toEqual(['open to read', 'close', 'open to read', 'close']);
  });

  it('is no folder and no pipe, and closed again if it is', async () => {
    const { inner, pipe } = named();
    const { disk, calls } = failingDisk(() => undefined);
    const read = (path: string) => withRegularFile(path, { disk }, async () => expect.unreachable());
    await expect(read(inner)).rejects.toThrow(
      `FILE_READ: ${inner} could not be read: it is a folder and no file. Check the path.`,
    );
    if (process.platform !== 'win32')
      await expect(read(pipe)).rejects.toThrow('it is a pipe and no file. Check the path.');
    expect(calls.filter((call) => call === 'close')).toHaveLength(calls.length / 2);
  });

  it('that is not there is FILE_READ', async () => {
    const path = join(named().folder, 'missing');
    await expect(withRegularFile(path, {}, async () => 1)).rejects.toThrow(
      /^FILE_READ: .*missing could not be .*ENOENT/,
    );
  });
});

describe('a file that is read at once', () => {
  it('is handed over with its size', () => {
    const { file } = named();
    expect(withRegularFileSync(file, (opened, size) => [readFileSync(opened, 'utf8'), size])).toEqual(['hello', 5]);
  });

  it('is closed, also if reading it fails: the next one gets its descriptor', () => {
    const { file, inner } = named();
    const descriptor = () => withRegularFileSync(file, (opened) => opened);
    const first = descriptor();
    expect(() => withRegularFileSync(file, failsOdd)).toThrow(`FILE_READ: ${file} could not be read: odd.`);
    expect(() => withRegularFileSync(file, failsOwn)).toThrow(own);
    expect(() => withRegularFileSync(inner, () => 0)).toThrow('it is a folder and no file');
    expect(descriptor()).toBe(first);
  });

  it.skipIf(process.platform === 'win32')('is no pipe, whose writer would be waited for', () => {
    expect(() => withRegularFileSync(named().pipe, () => 0)).toThrow('it is a pipe and no file');
  });

  it('that is not there is FILE_READ', () => {
    expect(() => withRegularFileSync(join(named().folder, 'missing'), () => 0)).toThrow(/^FILE_READ: .*ENOENT/);
  });
});
