import { lstat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ForetokenError, makeFolder } from '@foretoken/core';
import { type Claimant, type FolderLock, pause, tryFolder } from './folder-lock.ts';
import { endProcess, identityOf, isAlive } from './process-identity.ts';

/** Who has the machine to itself. */
export interface MachineHolder {
  readonly pid: number;
  /** Folder of its ablation. */
  readonly ablation: string;
}

/** How the machine is asked for. */
export interface TakeOptions {
  /** Folder of the ablation that wants it, for whoever waits. */
  readonly ablation: string;
  /** Process that will work. */
  readonly pid: number;
  readonly signal: AbortSignal;
  /** Another one has it; once per holder. */
  onWait(holder: MachineHolder): void;
}

/** Milliseconds between two looks at a machine that another one has. */
const LOOK_MS = 100;

/**
 * Waits until no other ablation of this user has the machine to itself, then takes it: of all that ask for it, in whatever
 * folder they work, one has it at a time. Work that does not ask is not held up.
 *
 * A dead holder counts for nothing, once the process that worked for it is gone too: a worker ends by itself when its
 * coordinator is dead, and one that is stopped is ended here, where it is sure to be that very process.
 * @throws what the signal aborts with; FILE_WRITE, DISK_FULL if the lock cannot be written
 */
export async function takeMachine({ ablation, pid, signal, onWait }: TakeOptions): Promise<FolderLock> {
  const folder = await lockFolderOfUser();
  const worker = pid === process.pid ? undefined : await identityOf(pid);
  let seen: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    const tried = await tryFolder(folder, { about: ablation, ...(worker && { worker }) });
    if ('release' in tried) return tried;
    const holder = tried.others.find(({ holds }) => holds);
    if (holder) await endLeftWorker(holder);
    if (holder && holder.token !== seen) onWait({ pid: holder.pid, ablation: holder.about ?? 'unknown' });
    seen = holder?.token ?? seen;
    await pause(holder ? LOOK_MS : 0, signal);
  }
}

async function endLeftWorker({ pid, started, worker }: Claimant): Promise<void> {
  if (worker?.started === undefined || (await isAlive({ pid, started }))) return;
  if (await isAlive(worker)) endProcess(worker.pid);
}

/**
 * A folder of this user and this machine, the same for all its processes: `FORETOKEN_LOCKS`, or one in the system's folder
 * of temporary files. (A home folder may be shared by machines, and a session's folder is not there in every session.)
 */
async function lockFolderOfUser(): Promise<string> {
  const user = process.getuid?.();
  const folder =
    process.env.FORETOKEN_LOCKS ?? path.join(tmpdir(), user === undefined ? 'foretoken' : `foretoken-${user}`);
  await makeFolder(folder);
  if (user !== undefined && (await lstat(folder)).uid !== user) {
    throw new ForetokenError(
      'FILE_WRITE',
      `${folder} belongs to another user, so it cannot hold the lock of this one's timings. Remove it, or name another folder in FORETOKEN_LOCKS.`,
    );
  }
  return path.join(folder, 'timing');
}
