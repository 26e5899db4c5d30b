import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ForetokenError, makeFolder, readJson, removePath, writeJson } from '@foretoken/core';
import { exists } from './ablation-store.ts';
import { isLockFile, LOCK_VERSION, lockFolder } from './folder-lock.ts';
import { endProcess, identityOf, isAlive, type ProcessIdentity } from './process-identity.ts';

/** Who may do a task now: one file a task. */
export interface Leases {
  /** Gives the task to the process; a lease that there was is lost. @returns the token of the lease */
  take(task: string, pid: number): Promise<string>;
  /** Says that another process does it under the same lease. @throws LEASE_LOST */
  renew(task: string, token: string, pid: number): Promise<void>;
  /** @throws LEASE_LOST unless the token is the task's last */
  check(task: string, token: string): Promise<void>;
  /** Ends the lease, if the token is the task's last. */
  end(task: string, token: string): Promise<void>;
  /** Lets another process take the folder. */
  close(): Promise<void>;
}

type Lease = { readonly token: string } & ProcessIdentity;

const LEASE = /^[^.].*\.json$/;
const POLL_MS = 20;
const UNSURE_MS = 5_000;

/**
 * Takes the leases of a folder for this process. Workers that a dead process has left are ended first, so that no two
 * work at one task.
 *
 * @throws ABLATION_BUSY while another process has them
 */
export async function openLeases(folder: string): Promise<Leases> {
  const lock = await lockFolder(folder);
  const fileOf = (task: string): string => path.join(folder, `${task}.json`);
  const read = async (task: string): Promise<Lease | undefined> =>
    (await exists(fileOf(task)))
      ? ((await readJson(fileOf(task), { version: LOCK_VERSION })) as unknown as Lease)
      : undefined;
  const write = async (task: string, token: string, pid: number): Promise<void> => {
    await makeFolder(folder);
    await writeJson(fileOf(task), { formatVersion: LOCK_VERSION, token, ...(await identityOf(pid)) });
  };
  const check = async (task: string, token: string): Promise<void> => {
    if ((await read(task))?.token !== token) throw lost(task);
  };
  await endLeft(folder);
  return {
    async take(task, pid) {
      const token = randomBytes(12).toString('hex');
      await write(task, token, pid);
      return token;
    },
    async renew(task, token, pid) {
      await check(task, token);
      await write(task, token, pid);
    },
    check,
    async end(task, token) {
      if ((await read(task))?.token === token) await removePath(fileOf(task));
    },
    close: () => lock.release(),
  };
}

/** Ends the workers that a dead process has left, and their leases. */
async function endLeft(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => LEASE.test(name) && !isLockFile(name));
  for (const name of names) {
    const file = path.join(folder, name);
    await endWorker((await readJson(file, { version: LOCK_VERSION })) as unknown as Lease);
    await removePath(file);
  }
}

/**
 * A worker whose coordinator is dead ends by itself at its next heartbeat; one that is stopped is ended here, where it is
 * sure to be that very process. Where it is not, it is waited for no longer than a heartbeat can take.
 */
async function endWorker(lease: Lease): Promise<void> {
  const isSure = lease.started !== undefined && lease.pid !== process.pid;
  for (let waitedMs = 0; (await isAlive(lease)) && (isSure || waitedMs < UNSURE_MS); waitedMs += POLL_MS) {
    if (isSure) endProcess(lease.pid);
    await sleep(POLL_MS);
  }
}

function lost(task: string): ForetokenError {
  return new ForetokenError(
    'LEASE_LOST',
    `the lease of ${task} was given to another worker meanwhile, so nothing of this one is kept. Wait: its outcome comes from the other.`,
  );
}
