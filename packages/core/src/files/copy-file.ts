import type { FileHandle } from 'node:fs/promises';
import { ForetokenError } from '@foretoken/engine/errors';
import { type DiskOptions, readError, writeError } from './disk.ts';
import { withRegularFile } from './regular-file.ts';
import { writeNewFile } from './write-file-atomic.ts';

/** Bytes held at once. */
const BLOCK = 2 ** 20;

/**
 * Copies a file to where there is none yet, and makes the copy survive power loss. Not atomic: see {@link writeNewFile}.
 * @throws FILE_READ, FILE_CORRUPT for what is no regular file or becomes shorter; FILE_WRITE, DISK_FULL naming the copy
 */
export async function copyNewFile(from: string, to: string, options: DiskOptions = {}): Promise<void> {
  await withRegularFile(from, options, async (handle, size) => {
    await writeNewFile(to, blocksOf(from, handle, size), options).catch((cause: unknown) => {
      throw writeError(to, cause);
    });
  });
}

async function* blocksOf(path: string, handle: FileHandle, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < size; ) {
    const block = Buffer.allocUnsafe(Math.min(BLOCK, size - at));
    const { bytesRead } = await handle.read(block, 0, block.length, at).catch((cause: unknown) => {
      throw readError(path, cause);
    });
    if (bytesRead === 0)
      throw new ForetokenError(
        'FILE_CORRUPT',
        `${path} became shorter while it was copied. Run this again when nothing else writes to it.`,
      );
    yield block.subarray(0, bytesRead);
    at += bytesRead;
  }
}
