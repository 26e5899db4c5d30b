import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A place for a run, whose disk can be filled and freed again. */
export interface FillableDisk {
  /** How it gets full. */
  readonly kind: 'tmpfs' | 'preload';
  readonly folder: string;
  /** From now on, no process of the run can write to a file. */
  fill(): void;
  free(): void;
  remove(): void;
}

const TMPFS_MIB = 96;

/** Whether a file system can be mounted here: by root, with all its rights. */
export function canMount(): boolean {
  const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A file system of its own in memory, which a file of ballast fills to the last block: the system itself says ENOSPC. */
export function mountedDisk(): FillableDisk {
  const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-chaos-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${TMPFS_MIB}m`, 'none', folder]);
  const ballast = path.join(folder, 'ballast');
  return {
    kind: 'tmpfs',
    folder,
    fill: () => writeUntilFull(ballast),
    free: () => rmSync(ballast, { force: true }),
    remove() {
      execFileSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** A folder like any other; the preload of the processes refuses to write while the control folder says so. */
export function preloadedDisk(control: string): FillableDisk {
  const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-chaos-'));
  const full = path.join(control, 'full');
  return {
    kind: 'preload',
    folder,
    fill: () => writeFileSync(full, ''),
    free: () => rmSync(full, { force: true }),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** A folder for what a chaotic run is told and notes. */
export function controlFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'foretoken-control-'));
}

function writeUntilFull(file: string): void {
  const handle = openSync(file, 'w');
  for (let bytes = 2 ** 22; bytes >= 1; ) {
    try {
      if (writeSync(handle, Buffer.alloc(bytes)) < bytes) bytes /= 2;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      bytes = Math.floor(bytes / 2);
    }
  }
  // Open, it would keep its blocks when it is removed.
  closeSync(handle);
}
