import type { Disk } from '../../files/disk.ts';

/** A disk with one file, in memory: a hundred thousand files are read in seconds. */
export function memoryDisk(bytes: Buffer): Disk {
  const handle = {
    stat: async () => ({ size: bytes.length, isFile: () => true }),
    read: async (into: Uint8Array, from: number, length: number, at: number) => ({
      bytesRead: bytes.copy(into, from, at, at + length),
      buffer: into,
    }),
    readFile: async () => Buffer.from(bytes),
    close: async () => {},
  };
  return { open: async () => handle, stat: handle.stat } as unknown as Disk;
}
