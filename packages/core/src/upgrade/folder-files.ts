import { join } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { type DiskOptions, readError, realDisk } from '../files/disk.ts';
import { isTemporaryName } from '../files/write-file-atomic.ts';

/** What is in a folder, at any depth: paths from it, with `/`, in order. */
export interface FolderFiles {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/**
 * Lists all that is in a folder. A link is refused: what it leads to is not in the folder, and a copy of the link alone, or
 * of what it leads to, would be another thing than there was. So is what is neither file nor folder.
 * @throws FILE_READ
 */
export async function folderFiles(root: string, { disk = realDisk }: DiskOptions = {}): Promise<FolderFiles> {
  const folders: string[] = [];
  const files: string[] = [];
  const waiting = [''];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const entries = await disk.readdir(join(root, folder), { withFileTypes: true }).catch((cause: unknown) => {
      throw readError(join(root, folder), cause);
    });
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        folders.push(path);
        waiting.push(path);
      } else if (!entry.isFile()) throw notCopied(join(root, path), entry.isSymbolicLink() ? 'a link' : 'no file');
      // What a kill left of a file that was being written is nothing to keep.
      else if (!isTemporaryName(entry.name)) files.push(path);
    }
  }
  return { folders: folders.sort(), files: files.sort() };
}

const notCopied = (path: string, what: string): ForetokenError =>
  new ForetokenError(
    'FILE_READ',
    `${path} is ${what}: only files and folders are copied. Put what belongs to the folder in its place, or take it out.`,
  );
