import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { readError } from '../files/disk.ts';

/** Bytes at the start of a file in which a NUL says that it is no text. */
const BINARY_PREFIX = 8192;
const BLOCK = 2 ** 18;

/** What a look at a file showed. */
export type Inspection = { readonly bytes: number; readonly sha256: string } | { readonly skip: string };

/**
 * Hashes a file block by block, or says why it is not text to train on.
 * @throws FILE_READ
 */
export async function inspectFile(path: string, { maxBytes }: { readonly maxBytes?: number }): Promise<Inspection> {
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      if (size === 0) return { skip: 'empty' };
      if (maxBytes !== undefined && size > maxBytes) return { skip: `larger than maxFileBytes: ${size} bytes` };
      const hash = createHash('sha256');
      const block = Buffer.alloc(Math.min(BLOCK, size));
      let bytes = 0;
      for (;;) {
        const { bytesRead } = await handle.read(block, 0, block.length, bytes);
        if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') };
        const read = block.subarray(0, bytesRead);
        if (bytes < BINARY_PREFIX && read.subarray(0, BINARY_PREFIX - bytes).includes(0)) return { skip: 'binary' };
        hash.update(read);
        bytes += bytesRead;
      }
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw readError(path, cause);
  }
}
