import type { FileHandle } from 'node:fs/promises';
import type { DiskOptions } from './disk.ts';
import { withRegularFile } from './regular-file.ts';
import { writeNewFile } from './write-file-atomic.ts';

/** Bytes held at once. */
const BLOCK = 2 ** 20;

/**
 * Copies a file to where there is none yet, and makes the copy survive power loss. Not atomic: see {@link writeNewFile}.
 * @throws FILE_READ, FILE_CORRUPT for what is no regular file or becomes shorter; the system's own error for the copy
 */
export async function copyNewFile(from: string, to: string, options: DiskOptions = {}): Promise<void> {
  await withRegularFile(from, options, (handle, size) => writeNewFile(to, blocksOf(from, handle, size), options));
}

async function* blocksOf(path: string, handle: FileHandle, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < size; ) {
    const block = Buffer.allocUnsafe(Math.min(BLOCK, size - at));
    const { bytesRead } = await handle.read(block, 0, block.length, at);
    if (bytesRead === 0) throw new Error(`${path} became shorter while it was copied`);
    yield block.subarray(0, bytesRead);
    at += bytesRead;
  }
}
