import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { expect, test } from 'vitest';
import { errno, readError, realDisk, writeError } from './disk.ts';
import { temporaryFolder } from './temporary-folder.fixture.ts';

const systemError = (code: string) => Object.assign(new Error(`${code}: said by the system`), { code });

test.each(['ENOSPC', 'EDQUOT'])('a write that %s ended wants space', (code) => {
  const cause = systemError(code);
  const error = writeError('/a/b', cause);
  expect(error).toMatchObject({ code: 'DISK_FULL', cause });
  expect(error.message).toBe(
    `DISK_FULL: /a/b could not be written: ${code}: said by the system. What was there before is intact. ` +
      'Free some space, then try again.',
  );
});

test.each(['EIO', 'EACCES', 'ENOSPC '])('a write that %s ended wants another look at its folder', (code) => {
  const cause = systemError(code);
  const error = writeError('/a/b', cause);
  expect(error).toMatchObject({ code: 'FILE_WRITE', cause });
  expect(error.message).toBe(
    `FILE_WRITE: /a/b could not be written: ${code}: said by the system. What was there before is intact. ` +
      'Check that the folder exists and may be written to, then try again.',
  );
});

test('a read that failed names path and reason, and keeps its cause', () => {
  const cause = systemError('EIO');
  const error = readError('/a/b', cause);
  expect(error).toMatchObject({ code: 'FILE_READ', cause });
  expect(error.message).toBe(
    'FILE_READ: /a/b could not be read: EIO: said by the system. Check the path and its permissions.',
  );
});

test('an error of ours stays as it is, and what is no error is told as text', () => {
  const own = new ForetokenError('FILE_CORRUPT', 'own.');
  expect(writeError('/a', own)).toBe(own);
  expect(readError('/a', own)).toBe(own);
  expect(writeError('/a', 'thrown text').message).toContain('/a could not be written: thrown text. ');
  expect(readError('/a', 7).message).toContain('/a could not be read: 7. ');
});

test('the system’s name of an error is a text, or there is none', () => {
  expect(errno(systemError('ENOENT'))).toBe('ENOENT');
  expect([errno({ code: 5 }), errno(new Error('x')), errno('ENOENT'), errno(null), errno(undefined)]).toEqual(
    Array(5).fill(undefined),
  );
});

test.skipIf(process.platform === 'win32')('a pipe is opened to read without waiting for its writer', async () => {
  const path = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  const handle = await realDisk.open(path, 'r');
  expect((await handle.stat()).isFIFO()).toBe(true);
  await handle.close();
});

test('the real disk can be neither changed nor added to', () => {
  expect(Object.isFrozen(realDisk)).toBe(true);
});
