import type { Stats } from 'node:fs';

/** What has a name on the disk, in words, with its article where it is no file. */
export function kindOf(found: Stats): string {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}
