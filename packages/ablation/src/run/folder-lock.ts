import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ForetokenError, makeFolder, readJson, writeJson } from '@foretoken/core';
import { exists } from './ablation-store.ts';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts';

/** A folder that this process alone may work in. */
export interface FolderLock {
  /** Gives it back. */
  release(): Promise<void>;
}

interface Claimant extends ProcessIdentity {
  readonly token: string;
  /** Whether it has the folder, or is finding out. */
  readonly holds: boolean;
}

const NAME = /^coordinator-[0-9a-z]+\.json$/;

/** Longest pause before another try, in milliseconds: two that came at once part by its being drawn. */
const PAUSE_MS = 60;

/** Whether a file of the folder belongs to its lock. */
export const isLockFile = (name: string): boolean => NAME.test(name);

/**
 * Takes a folder, from the dead too.
 *
 * Whoever wants it first writes a file of its own there, then looks for files of others: of two, the one that looks last
 * sees both, so never have both seen nobody. No file is ever replaced or moved by another process, and only those of dead
 * processes are removed.
 * @throws ABLATION_BUSY while another process has it, naming the process
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  await makeFolder(folder);
  const token = randomBytes(12).toString('hex');
  const file = path.join(folder, `coordinator-${token}.json`);
  const own = { ...(await identityOf(process.pid)), token };
  for (;;) {
    await writeJson(file, { ...own, holds: false });
    const others = await livingOthers(folder, token);
    if (others.length === 0) break;
    await rm(file, { force: true });
    const holder = others.find(({ holds }) => holds);
    if (holder) throw busy(folder, holder);
    await sleep(Math.random() * PAUSE_MS);
  }
  await writeJson(file, { ...own, holds: true });
  return { release: () => rm(file, { force: true }) };
}

/** Those who want or have the folder and are alive; files of the dead are removed. */
async function livingOthers(folder: string, token: string): Promise<Claimant[]> {
  const living: Claimant[] = [];
  for (const name of (await readdir(folder)).filter(isLockFile)) {
    const file = path.join(folder, name);
    const claimant = await readClaimant(file);
    if (!claimant || claimant.token === token) continue;
    if (await isAlive(claimant)) living.push(claimant);
    else await rm(file, { force: true });
  }
  return living;
}

/** Undefined for one that gave up in this moment. */
async function readClaimant(file: string): Promise<Claimant | undefined> {
  try {
    return (await readJson(file)) as unknown as Claimant;
  } catch (error) {
    if (!(await exists(file))) return undefined;
    throw error;
  }
}

function busy(folder: string, { pid }: Claimant): ForetokenError {
  return new ForetokenError(
    'ABLATION_BUSY',
    `process ${pid} is running the ablation in ${path.dirname(folder)}. Wait for it, stop it with Ctrl-C, or use another output folder.`,
  );
}
