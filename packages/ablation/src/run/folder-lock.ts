import { randomBytes } from 'node:crypto';
import { link, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ForetokenError, makeFolder, readJson } from '@foretoken/core';
import { errno } from './errno.ts';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts';

/** A folder that this process alone may work in. */
export interface FolderLock {
  /** Gives it back. */
  release(): Promise<void>;
}

interface Holder extends ProcessIdentity {
  readonly token: string;
}

/**
 * Takes a lock file, which is there, whole, or not at all; one whose process is dead counts for nothing.
 *
 * @throws ABLATION_BUSY while another process has it, naming the process
 */
export async function lockFolder(file: string): Promise<FolderLock> {
  await makeFolder(path.dirname(file));
  const token = randomBytes(12).toString('hex');
  const own: Holder = { ...(await identityOf(process.pid)), token };
  while (!(await create(file, own))) {
    const holder = await readHolder(file);
    if (holder && (await isAlive(holder))) throw busy(file, holder);
    if (holder) await remove(file, holder, token);
  }
  return {
    async release() {
      if ((await readHolder(file))?.token === token) await rm(file, { force: true });
    },
  };
}

/** A link to a whole file: it is made by one alone, however many try. @returns whether by this one */
async function create(file: string, holder: Holder): Promise<boolean> {
  const temporary = path.join(
    path.dirname(file),
    `.${path.basename(file)}.${process.pid}-${holder.token.slice(12)}.tmp`,
  );
  await writeFile(temporary, `${JSON.stringify({ formatVersion: 1, ...holder })}\n`);
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    if (errno(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Removes a dead process' lock; one that another process took meanwhile is put back. */
async function remove(file: string, dead: Holder, token: string): Promise<void> {
  const aside = `${file}.${token}`;
  const isMoved = await rename(file, aside).then(
    () => true,
    () => false,
  );
  if (!isMoved) return;
  if ((await readHolder(aside))?.token !== dead.token) await link(aside, file).catch(() => {});
  await rm(aside, { force: true });
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return (await readJson(file)) as unknown as Holder;
  } catch (error) {
    // Given back in this moment.
    if (errno((error as Error).cause) === 'ENOENT') return undefined;
    throw error;
  }
}

function busy(file: string, { pid }: Holder): ForetokenError {
  const folder = path.dirname(path.dirname(file));
  return new ForetokenError(
    'ABLATION_BUSY',
    `process ${pid} is running the ablation in ${folder}. Wait for it, stop it with Ctrl-C, or use another output folder.`,
  );
}
