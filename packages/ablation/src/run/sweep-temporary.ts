import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { removePath } from '@foretoken/core';
import { isAbandonedName } from '@foretoken/core/training';

/**
 * Removes what killed processes left half-written in a folder that the caller alone works in. What others that live are
 * writing, such as a report, is theirs.
 */
export async function sweepTemporary(folder: string): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) {
    if (isAbandonedName(path.basename(name))) await removePath(path.join(folder, name));
  }
}
