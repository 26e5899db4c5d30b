import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Disk, realDisk } from './disk.ts';

/** A disk with room for little. */
export interface SmallDisk {
  /** A file system in memory, where one may be mounted; else a folder whose disk counts bytes. */
  readonly kind: 'tmpfs' | 'counter';
  readonly disk: Disk;
  folderOf(name: string): string;
  /** Leaves so many blocks of 4 KiB free. */
  fill(blocks: number): void;
  free(): void;
  remove(): void;
}

const BLOCK = 4096;

/** Those that there can be here: where the test may mount, the system itself says that it is full. */
export function smallDisks(): SmallDisk[] {
  const mounted = mountedDisk();
  return [countingDisk(), ...(mounted ? [mounted] : [])];
}

function mountedDisk(): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'foretoken-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', folder], { stdio: 'pipe' });
  } catch (cause) {
    rmSync(folder, { recursive: true });
    console.warn(`not tried on a tmpfs, since none may be mounted here: ${(cause as Error).message}`);
    return undefined;
  }
  const ballast = join(folder, 'ballast');
  return {
    kind: 'tmpfs',
    disk: realDisk,
    folderOf: (name) => join(folder, name),
    fill(blocks) {
      // What is free is known to the system alone; a file of it less some blocks leaves just these.
      const free = Number(execFileSync('stat', ['-f', '-c', '%a', folder], { encoding: 'utf8' }));
      writeFileSync(ballast, Buffer.alloc((free - blocks) * BLOCK));
    },
    free: () => rmSync(ballast, { force: true }),
    remove() {
      execFileSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Writes what there is room for, as a file system does, and then nothing. */
function countingDisk(): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'foretoken-small-'));
  let left = Number.POSITIVE_INFINITY;
  const open = async (...given: Parameters<Disk['open']>) =>
    new Proxy(await realDisk.open(...given), {
      get(target, property) {
        const value = Reflect.get(target, property, target);
        if (property !== 'write') return typeof value === 'function' ? value.bind(target) : value;
        return async (bytes: Uint8Array, from: number, length: number) => {
          if (left < 1) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
          const { bytesWritten } = await target.write(bytes, from, Math.min(length, left));
          left -= bytesWritten;
          return { bytesWritten };
        };
      },
    });
  return {
    kind: 'counter',
    disk: { ...realDisk, open },
    folderOf: (name) => join(folder, name),
    fill: (blocks) => {
      left = blocks * BLOCK;
    },
    free: () => {
      left = Number.POSITIVE_INFINITY;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
