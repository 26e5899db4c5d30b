import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { type DiskOptions, readJson, removePath } from '@foretoken/core';
import { type CheckpointPolicy, findLeftovers, type JudgedFile, judgeCheckpoints } from '@foretoken/core/training';
import { exists } from '../run/ablation-store.ts';
import { type FolderKind, kindOfFolder, recordOf } from '../run/folder-kind.ts';
import { type FolderLock, isLockFile, LOCK_VERSION, lockFolder } from '../run/folder-lock.ts';
import { isAlive, type ProcessIdentity } from '../run/process-identity.ts';
import { refusePart } from '../run/refuse-part.ts';

/** What a cleaning removes of a folder and what it keeps, each with why. */
export interface FolderCleaning {
  readonly directory: string;
  readonly kind: FolderKind;
  /** Paths from the folder. */
  readonly remove: readonly JudgedFile[];
  readonly keep: readonly JudgedFile[];
  /** Of what is removed. */
  readonly bytes: number;
  /** Whether it was removed, or would be. */
  readonly applied: boolean;
}

/** Options of {@link cleanFolder}. */
export interface CleanOptions extends CheckpointPolicy, DiskOptions {
  /** Default: nothing is removed, only said. */
  readonly apply?: boolean;
}

/**
 * Removes what a run or an ablation does without: checkpoints that no rule keeps, and what killed processes have left.
 *
 * Records, results and what anything still starts from stay. An ablation that runs is left alone.
 * @throws RUN_NOT_FOUND if it is neither; USAGE for part of an ablation; FORMAT_VERSION for another version; ABLATION_BUSY; FILE_READ, FILE_CORRUPT; FILE_WRITE
 * naming what could not be removed: what was removed before is gone, and nothing else has changed
 */
export async function cleanFolder(
  folder: string,
  { apply = false, ...options }: CleanOptions,
): Promise<FolderCleaning> {
  const directory = await realpath(path.resolve(folder)).catch(() => path.resolve(folder));
  const kind = await kindOfFolder(directory);
  // Nothing goes from a folder of another version: its rules may be other ones. A run says its own when it is judged.
  if (kind === 'ablation') await readJson(recordOf(directory, kind));
  await refusePart(directory, 'clean');
  const lock = apply && kind === 'ablation' ? await lockOf(directory) : undefined;
  try {
    const judged = await judge(directory, kind, options);
    if (apply) for (const { path: file } of judged.remove) await removePath(file, options);
    return cleaningOf(directory, kind, judged, apply);
  } finally {
    await lock?.release();
  }
}

/** A lock is a file in a folder: one that never had any is not given any, for nobody works in it. */
async function lockOf(directory: string): Promise<FolderLock | undefined> {
  const leases = path.join(directory, 'leases');
  return (await exists(leases)) ? lockFolder(leases) : undefined;
}

interface Judged {
  readonly remove: readonly JudgedFile[];
  readonly keep: readonly JudgedFile[];
}

async function judge(directory: string, kind: FolderKind, options: CleanOptions): Promise<Judged> {
  const parts: Judged[] = [await findLeftovers(directory, options)];
  if (kind === 'run') parts.push(await judgeCheckpoints(directory, options, options));
  else {
    parts.push(await judgeLeases(path.join(directory, 'leases')));
    for (const run of await trainingsOf(directory)) parts.push(await judgeCheckpoints(run, options, options));
  }
  return { remove: parts.flatMap(({ remove }) => remove), keep: parts.flatMap(({ keep }) => keep) };
}

/** Trainings that began; links are none. */
async function trainingsOf(directory: string): Promise<string[]> {
  const folder = path.join(directory, 'trainings');
  const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const runs = found.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(folder, name));
  const began = await Promise.all(runs.map((run) => exists(path.join(run, 'experiment.json'))));
  return runs.filter((_, i) => began[i]).sort();
}

/** Leases of workers, and claims of coordinators, by whether their process is there. */
async function judgeLeases(folder: string): Promise<Judged> {
  const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const remove: JudgedFile[] = [];
  const keep: JudgedFile[] = [];
  for (const { name } of found.filter((entry) => entry.isFile() && /^[^.].*\.json$/.test(entry.name))) {
    const file = path.join(folder, name);
    const holder = await readHolder(file);
    // Ours, while this process has the folder to itself.
    if (holder?.pid === process.pid && isLockFile(name)) continue;
    const size = await stat(file).then(
      ({ size: bytes }) => bytes,
      () => 0,
    );
    if (holder === undefined) keep.push({ path: file, bytes: size, why: 'no lease that can be read: look at it' });
    else if (await isAlive(holder)) keep.push({ path: file, bytes: size, why: `process ${holder.pid} is at work` });
    else remove.push({ path: file, bytes: size, why: `the lease of process ${holder.pid}, which is gone` });
  }
  return { remove, keep };
}

async function readHolder(file: string): Promise<ProcessIdentity | undefined> {
  const lease = await readJson(file, { version: LOCK_VERSION }).catch(() => undefined);
  return Number.isSafeInteger(lease?.pid) ? (lease as unknown as ProcessIdentity) : undefined;
}

function cleaningOf(directory: string, kind: FolderKind, judged: Judged, applied: boolean): FolderCleaning {
  const named = (files: readonly JudgedFile[]) =>
    files
      .map((file) => ({ ...file, path: path.relative(directory, file.path) }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  const bytes = judged.remove.reduce((sum, file) => sum + file.bytes, 0);
  return { directory, kind, remove: named(judged.remove), keep: named(judged.keep), bytes, applied };
}
