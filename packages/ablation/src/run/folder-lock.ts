import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ForetokenError, makeFolder, readJson, removePath, writeJson } from '@foretoken/core';
import { exists } from './ablation-store.ts';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts';

/** A folder that this process alone may work in. */
export interface FolderLock {
  /** Says that another process works there now in place of the last one, beside this one. */
  handTo(pid: number): Promise<void>;
  /**
   * Gives it back.
   * @param movedTo - where the folder is now, if it has another name
   */
  release(movedTo?: string): Promise<void>;
}

/** Who wants or has a folder. */
export interface Claimant extends ProcessIdentity {
  readonly token: string;
  /** Whether it has the folder, or is finding out. */
  readonly holds: boolean;
  /** What it has the folder for, for people. */
  readonly about?: string;
  /** Another process that works for it there: the folder is not free before that one is gone too. */
  readonly worker?: ProcessIdentity;
}

/** Of the files of locks and leases: processes of several releases may meet there, so it is not that of records. */
export const LOCK_VERSION = 1;

const NAME = /^coordinator-[0-9a-z]+\.json$/;

/** Longest pause before another try, in milliseconds: two that came at once part by its being drawn. */
const PAUSE_MS = 60;

/** Longer than finding out takes anyone who is at it. */
const UNDECIDED_MS = 10_000;

/** Whether a file of the folder belongs to its lock. */
export const isLockFile = (name: string): boolean => NAME.test(name);

/**
 * Takes a folder, from the dead too.
 *
 * @param about - what this process does with it, as in "process 1 is running the ablation in a". Default: just that
 * @throws ABLATION_BUSY while another process has it, naming the process
 */
export async function lockFolder(folder: string, about?: string): Promise<FolderLock> {
  const startMs = performance.now();
  for (;;) {
    const tried = await tryFolder(folder, { ...(about !== undefined && { about }) });
    if ('release' in tried) return tried;
    const holder = tried.others.find(({ holds }) => holds);
    if (holder) throw busy(folder, holder);
    // One that is still finding out was stopped in the middle of it.
    if (performance.now() - startMs > UNDECIDED_MS) throw busy(folder, tried.others[0]);
    await pause();
  }
}

/** Lets some time pass, drawn, before another try. @throws what the signal aborts with */
export async function pause(atLeastMs = 0, signal?: AbortSignal): Promise<void> {
  await sleep(atLeastMs + Math.random() * PAUSE_MS, undefined, { signal });
}

/**
 * Takes a folder if it is free: nobody else has it or is finding out.
 *
 * Whoever wants it first writes a file of its own there, then looks for files of others: of two, the one that looks last
 * sees both, so never have both seen nobody. No file is ever replaced or moved by another process, and only those of dead
 * processes are removed.
 */
export async function tryFolder(
  folder: string,
  more: Pick<Claimant, 'about' | 'worker'>,
): Promise<FolderLock | { readonly others: readonly Claimant[] }> {
  await makeFolder(folder);
  const token = randomBytes(12).toString('hex');
  const file = path.join(folder, `coordinator-${token}.json`);
  const own = { formatVersion: LOCK_VERSION, ...(await identityOf(process.pid)), token, ...more };
  const giveUp = (at = folder): Promise<void> => removePath(path.join(at, path.basename(file)));
  try {
    await writeJson(file, { ...own, holds: false });
    const others = await livingOthers(folder, token);
    if (others.length > 0) {
      await giveUp();
      return { others };
    }
    await writeJson(file, { ...own, holds: true });
  } catch (cause) {
    // Left by a process that lives on, it would keep everyone out, that process too.
    await giveUp();
    throw cause;
  }
  return {
    handTo: async (pid) => writeJson(file, { ...own, holds: true, worker: await identityOf(pid) }),
    release: giveUp,
  };
}

/** Those who want or have the folder and are alive; files of the dead are removed. */
async function livingOthers(folder: string, token: string): Promise<Claimant[]> {
  const living: Claimant[] = [];
  for (const name of (await readdir(folder)).filter(isLockFile)) {
    const file = path.join(folder, name);
    const claimant = await readClaimant(file);
    if (!claimant || claimant.token === token) continue;
    if ((await isAlive(claimant)) || (claimant.worker && (await isAlive(claimant.worker)))) living.push(claimant);
    else await removePath(file);
  }
  return living;
}

/** Undefined for one that gave up in this moment. */
async function readClaimant(file: string): Promise<Claimant | undefined> {
  try {
    return (await readJson(file, { version: LOCK_VERSION })) as unknown as Claimant;
  } catch (error) {
    if (!(await exists(file))) return undefined;
    throw error;
  }
}

function busy(
  folder: string,
  { pid, about = `running the ablation in ${path.dirname(folder)}` }: Claimant,
): ForetokenError {
  return new ForetokenError(
    'ABLATION_BUSY',
    `process ${pid} is ${about}. Wait for it, stop it with Ctrl-C, or use another output folder.`,
  );
}
