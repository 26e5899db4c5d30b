import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

/** Names that core's `writeFileAtomic` gives to files that are not whole yet. */
const TEMPORARY = /^\..+\.\d+-[0-9a-f]{12}\.tmp$/;

/** Removes what killed processes left half-written in a folder, while nobody writes there. */
export async function sweepTemporary(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  const left = names.filter((name) => TEMPORARY.test(path.basename(name)));
  await Promise.all(left.map((name) => rm(path.join(folder, name), { force: true })));
}
