import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { isAlive } from './process-identity.ts';

/** Names that core's `writeFileAtomic` gives to files that are not whole yet. */
const TEMPORARY = /^\..+\.(?<pid>\d+)-[0-9a-f]{12}\.tmp$/;

/** Removes what killed processes left half-written in a folder; the files of those that live are theirs. */
export async function sweepTemporary(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  for (const name of names) {
    const pid = TEMPORARY.exec(path.basename(name))?.groups?.pid;
    if (pid !== undefined && !(await isAlive({ pid: Number(pid) }))) await rm(path.join(folder, name), { force: true });
  }
}
