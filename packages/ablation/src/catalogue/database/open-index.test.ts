import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openIndex } from './open-index.ts';

it.each<{ what: string; make(file: string): void }>([
  { what: 'a folder', make: (file) => mkdirSync(file) },
  { what: 'a pipe that nobody writes into', make: (file) => execFileSync('mkfifo', [file]) },
  { what: 'a device', make: (file) => symlinkSync('/dev/zero', file) },
])('$what in the place of an index is refused at once, without the advice to delete it', async ({ make }) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-index-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'index.sqlite');
  make(file);
  await expect(openIndex(file)).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: `FILE_CORRUPT: ${file} is not an index of runs: it is no file. Choose another file with --index.`,
  });
  expect(readdirSync(folder)).toEqual(['index.sqlite']);
});
