import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Disk, realDisk } from '../../files/disk.ts';
import { readJson, readRecordSync } from '../../files/json-file.ts';
import { readJsonLines } from '../../files/json-lines-log.ts';
import { temporaryFolder } from '../../files/temporary-folder.fixture.ts';
import { readCheckpointIdentity } from '../checkpoint-identity.ts';
import { loadCheckpoint } from '../checkpoint-store.ts';
import { readSafetensors, readSafetensorsHeader } from '../safetensors.ts';
import { GOOD_CHECKPOINT } from './checkpoint-cases.fixture.ts';

/** Everything that opens a file to read it. */
const READS: Readonly<Record<string, (file: string) => Promise<unknown>>> = {
  readSafetensors: (file) => readSafetensors(file),
  readSafetensorsHeader: (file) => readSafetensorsHeader(file),
  readCheckpointIdentity: async (file) => readCheckpointIdentity(file),
  loadCheckpoint: (file) => loadCheckpoint(file),
  readJson: (file) => readJson(file),
  readRecordSync: async (file) => readRecordSync(file),
  readJsonLines: (file) => readJsonLines(file),
};

describe.each(Object.entries(READS))('%s', (name, read) => {
  it.each([
    ['a folder', (path: string) => mkdirSync(path), 'it is a folder'],
    ['a pipe that nobody writes into', (path: string) => execFileSync('mkfifo', [path]), 'it is a pipe'],
    ['a device without an end', (path: string) => symlinkSync('/dev/zero', path), 'it is a device'],
    ['a device without a beginning', (path: string) => symlinkSync('/dev/null', path), 'it is a device'],
    ['a link to a folder', (path: string) => symlinkSync('/', path), 'it is a folder'],
  ])('refuses %s at once', async (_, make, says) => {
    const path = join(temporaryFolder(), 'file');
    make(path);
    const error = await read(path).catch((cause: Error) => cause);
    expect(error).toMatchObject({ code: 'FILE_READ', message: expect.stringContaining(says) });
  });

  it('refuses links that lead nowhere, or to themselves', async () => {
    const folder = temporaryFolder();
    symlinkSync('nowhere', join(folder, 'dangling'));
    symlinkSync('loop', join(folder, 'loop'));
    // Whether there is a checkpoint is asked first.
    const code = name === 'loadCheckpoint' ? 'CHECKPOINT_MISSING' : 'FILE_READ';
    for (const link of ['dangling', 'loop']) await expect(read(join(folder, link))).rejects.toMatchObject({ code });
  });
});

describe('a file', () => {
  it('is read through a link to it', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), GOOD_CHECKPOINT);
    symlinkSync('file', join(folder, 'link'));
    expect((await loadCheckpoint(join(folder, 'link'))).step).toBe(3);
    expect(readCheckpointIdentity(join(folder, 'link'))).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([0, 4, 20, GOOD_CHECKPOINT.length - 1])('cut to %i bytes once its size is known is refused', async (size) => {
    const path = join(temporaryFolder(), 'file');
    const options = { disk: shrinking(path, size) };
    writeFileSync(path, GOOD_CHECKPOINT);
    await expect(readSafetensors(path, options)).rejects.toThrow(/FILE_CORRUPT: .*it became shorter while it was read/);
    writeFileSync(path, '{"step":1,"note":"long enough"}\n'.repeat(20));
    await expect(readJsonLines(path, options)).rejects.toThrow(/FILE_CORRUPT: .*became shorter while it was read/);
    writeFileSync(path, `{"formatVersion":2,"name":"${'long enough'.repeat(100)}"}`);
    await expect(readJson(path, options)).rejects.toThrow(/FILE_CORRUPT: .*not valid JSON/);
  });
});

/** A disk on which a file becomes shorter as soon as somebody has asked for its size. */
function shrinking(path: string, size: number): Disk {
  const open = async (name: string, flags: string) => {
    const handle = await realDisk.open(name, flags);
    return new Proxy(handle, {
      get(target, property) {
        if (property === 'stat') return () => target.stat().finally(() => truncateSync(path, size));
        const value = Reflect.get(target, property, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  return { ...realDisk, open: open as Disk['open'] };
}
