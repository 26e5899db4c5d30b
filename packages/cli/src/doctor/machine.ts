import { statfs } from 'node:fs/promises';
import os from 'node:os';

/** What the machine has, in bytes and counts. */
export interface Machine {
  readonly platform: string;
  readonly processor: string;
  /** Threads that this process may run on. */
  readonly threads: number;
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number };
  /** The disk that a folder is on. */
  readonly disk: { readonly folder: string; readonly freeBytes: number };
}

/** Asks the operating system; a limit of the container counts where it is smaller than the machine. */
export async function describeMachine(folder: string): Promise<Machine> {
  const { bavail, bsize } = await statfs(folder);
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return {
    platform: `${process.platform} ${process.arch} ${os.release()}`,
    processor: os.cpus()[0]?.model.trim() ?? 'unknown',
    threads: os.availableParallelism(),
    memory: { totalBytes: Math.min(os.totalmem(), limit), freeBytes: Math.min(os.freemem(), limit) },
    disk: { folder, freeBytes: bavail * bsize },
  };
}
