import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Disk, realDisk, writeFolder } from './write-folder.ts';

const FILES = new Map([
  ['package.json', '{}'],
  ['src/a.ts', 'a'],
  ['.github/workflows/ci.yml', 'on: push'],
]);
const PATHS = ['.github/workflows/ci.yml', 'package.json', 'src/a.ts'];

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'foretoken-create-'));
});
afterEach(() => rmSync(home, { recursive: true }));

/** Every file below a folder, and every folder that is empty. */
const below = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() || readdirSync(path.join(entry.parentPath, entry.name)).length === 0)
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();

it('writes a folder that is not there, with the folders above it', async () => {
  const folder = path.join(home, 'a/b/new');
  await writeFolder(folder, FILES);
  expect(below(folder)).toEqual(PATHS);
  expect(readFileSync(path.join(folder, 'src/a.ts'), 'utf8')).toBe('a');
  expect(below(home)).toEqual(PATHS.map((file) => `a/b/new/${file}`));
});

it('writes into a folder that is empty but for a repository', async () => {
  mkdirSync(path.join(home, '.git'));
  writeFileSync(path.join(home, '.git/HEAD'), 'ref');
  await writeFolder(home, FILES);
  expect(below(home)).toEqual(['.git/HEAD', ...PATHS]);
});

it('makes folders that others may enter, as any program does', async () => {
  const folder = path.join(home, 'new');
  await writeFolder(folder, FILES);
  mkdirSync(path.join(home, 'other'));
  const { statSync } = await import('node:fs');
  expect(statSync(folder).mode).toBe(statSync(path.join(home, 'other')).mode);
});

describe('refuses, and touches nothing,', () => {
  it.each([
    ['a file', ['package.json'], 'it has "package.json".'],
    ['several', ['x', 'package.json', 'README.md'], 'it has "README.md" and 2 more.'],
    ['a hidden file', ['.env'], 'it has ".env".'],
  ])('a folder that holds %s', async (_what, names, message) => {
    for (const name of names) writeFileSync(path.join(home, name), 'mine');
    const failed = writeFolder(home, FILES);
    await expect(failed).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining(message) });
    expect(below(home)).toEqual([...names].sort());
    for (const name of names) expect(readFileSync(path.join(home, name), 'utf8')).toBe('mine');
  });

  it('a file, and a folder below one', async () => {
    const file = path.join(home, 'file');
    writeFileSync(file, 'mine');
    await expect(writeFolder(file, FILES)).rejects.toThrow(/^USAGE: .*file is a file/);
    await expect(writeFolder(path.join(file, 'new'), FILES)).rejects.toMatchObject({ code: 'FILE_WRITE' });
    expect(below(home)).toEqual(['file']);
  });

  it('a link to a folder that holds something', async () => {
    mkdirSync(path.join(home, 'there'));
    writeFileSync(path.join(home, 'there/x'), 'mine');
    symlinkSync(path.join(home, 'there'), path.join(home, 'link'));
    await expect(writeFolder(path.join(home, 'link'), FILES)).rejects.toMatchObject({ code: 'USAGE' });
    expect(below(path.join(home, 'there'))).toEqual(['x']);
  });
});

/** A disk whose call number `at` fails; gives how many calls there were. */
function failingAt(at: number, code: string): { readonly disk: Disk; readonly calls: () => number } {
  let calls = 0;
  const meet =
    <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (calls++ === at) throw Object.assign(new Error(`${code}: simulated`), { code });
      return call(...args);
    };
  const { mkdir, writeFile, rename, rmdir, rm } = realDisk;
  const disk = {
    mkdir: meet(mkdir as never),
    writeFile: meet(writeFile as never),
    rename: meet(rename),
    rmdir: meet(rmdir),
    rm,
  };
  return { disk: disk as unknown as Disk, calls: () => calls };
}

describe.each(['a/b/new', ''])('into %j, whatever call fails', (target) => {
  it.each([
    ['ENOSPC', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
    ['EACCES', 'FILE_WRITE'],
    ['EIO', 'FILE_WRITE'],
  ])('with %s it leaves nothing', async (errno, code) => {
    const folder = path.join(home, target);
    const whole = failingAt(Number.POSITIVE_INFINITY, errno);
    await writeFolder(folder, FILES, whole);
    expect(whole.calls()).toBeGreaterThan(8);
    rmSync(home, { recursive: true });
    mkdirSync(home);
    for (let at = 0; at < whole.calls(); at++) {
      const failed = writeFolder(folder, FILES, failingAt(at, errno));
      await expect(failed, `call ${at}`).rejects.toMatchObject({ code, message: expect.stringContaining(errno) });
      expect(readdirSync(home), `call ${at}`).toEqual([]);
    }
  });
});

it('leaves nothing where it is interrupted between two files', async () => {
  const stopped = new AbortController();
  let written = 0;
  const writeFile: Disk['writeFile'] = async (...args) => {
    await realDisk.writeFile(...args);
    if (++written === 2) stopped.abort();
  };
  const failed = writeFolder(path.join(home, 'new'), FILES, {
    signal: stopped.signal,
    disk: { ...realDisk, writeFile },
  });
  await expect(failed).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
  expect(written).toBe(2);
  expect(below(home)).toEqual([]);
});

it('keeps what somebody else put there in the meantime', async () => {
  const folder = path.join(home, 'new');
  const rename: Disk['rename'] = async (from, to) => {
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'mine'), 'mine');
    await realDisk.rename(from, to);
  };
  await expect(writeFolder(folder, FILES, { disk: { ...realDisk, rename } })).rejects.toMatchObject({
    code: 'FILE_WRITE',
  });
  expect(below(home)).toEqual(['new/mine']);
  expect(existsSync(folder)).toBe(true);
});
