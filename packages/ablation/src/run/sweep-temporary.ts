import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { removePath } from '@foretoken/core';
import { isAlive } from './process-identity.ts';

/** Names that core gives to what is not whole yet: files of `writeFileAtomic`, and folders of tokens. */
const TEMPORARY = /^(?:\..+|[0-9a-f]{64})\.(?<pid>\d+)-[0-9a-f]{12}\.tmp(?:\.broken)?$/;

/**
 * Removes what killed processes left half-written in a folder that the caller alone works in.
 *
 * What others that live are writing, such as a report, is theirs. This process is writing nothing there, so what bears its
 * number is of an earlier one: containers number their processes anew at every start.
 */
export async function sweepTemporary(folder: string): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) {
    const found = TEMPORARY.exec(path.basename(name));
    if (!found) continue;
    const pid = Number(found.groups!.pid);
    if (pid !== process.pid && (await isAlive({ pid }))) continue;
    await removePath(path.join(folder, name));
  }
}
