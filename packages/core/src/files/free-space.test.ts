import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Disk, realDisk } from './disk.ts';
import { ensureFreeSpace } from './free-space.ts';
import { temporaryFolder } from './temporary-folder.fixture.ts';

const diskWith = (bavail: number, bsize: number): Disk =>
  ({ ...realDisk, statfs: async () => ({ bavail, bsize }) }) as unknown as Disk;

describe('ensureFreeSpace', () => {
  it('passes where there is just enough, also for a folder that is yet to be made', async () => {
    const folder = temporaryFolder();
    await ensureFreeSpace(folder, 1);
    await ensureFreeSpace(join(folder, 'not', 'there', 'yet'), 1);
    await ensureFreeSpace(folder, 40_960, { disk: diskWith(10, 4096) });
  });

  it('refuses one byte more than is free, saying both amounts', async () => {
    await expect(ensureFreeSpace('/x', 40_000_001, { disk: diskWith(10_000, 4000) })).rejects.toThrow(
      'DISK_FULL: /x needs 40.0 MB, but only 40.0 MB are free',
    );
    await expect(ensureFreeSpace(temporaryFolder(), 1e18)).rejects.toMatchObject({ code: 'DISK_FULL' });
  });

  it('says what it could not look at, and ends at the topmost folder', async () => {
    const failing = (code: string) =>
      ({
        ...realDisk,
        statfs: async () => Promise.reject(Object.assign(new Error(code), { code })),
      }) as unknown as Disk;
    await expect(ensureFreeSpace('/x/y', 1, { disk: failing('EIO') })).rejects.toThrow(
      'FILE_READ: /x/y could not be read: EIO',
    );
    await expect(ensureFreeSpace('/x/y', 1, { disk: failing('ENOENT') })).rejects.toThrow(
      'FILE_READ: / could not be read: ENOENT',
    );
  });
});
