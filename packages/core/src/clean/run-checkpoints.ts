import type { Dirent } from 'node:fs';
import { basename, join } from 'node:path';
import { isForetokenError } from '@foretoken/engine/errors';
import { stepOfName } from '../checkpoints/checkpoint-name.ts';
import {
  type CheckpointEntry,
  loadCheckpoint,
  lowestScore,
  readCheckpointEntry,
} from '../checkpoints/checkpoint-store.ts';
import { experimentHash } from '../config/hash.ts';
import { type DiskOptions, errno, readError, realDisk, unlessGone } from '../files/disk.ts';
import { exists, readRunExperiment, runPaths } from '../training/run-directory.ts';
import { readRunSummary } from '../training/run-summary.ts';

/** Which checkpoints of a run stay, besides those that something needs. */
export interface CheckpointPolicy {
  /** The last so many, one at least. */
  readonly keepLast: number;
  /** Those whose step is a multiple of it. Default: none for that. */
  readonly keepEvery?: number;
}

/** A file and why it stays or goes. */
export interface JudgedFile {
  readonly path: string;
  readonly bytes: number;
  readonly why: string;
}

/** What becomes of the checkpoints of a run. */
export interface JudgedCheckpoints {
  readonly remove: readonly JudgedFile[];
  readonly keep: readonly JudgedFile[];
}

const NOTHING_BEHIND = 'no file or folder of its own: nothing behind it is touched';
const DAMAGED = 'damaged: look at it, and remove it yourself';

/**
 * Says which checkpoints of a run its policy lets go. Nothing is changed.
 *
 * The newest stays, from which training, evals and decoding go on; so does the one that the summary names, which heads
 * that are attached to the run start from, and the one with the lowest score. Nothing goes where the newest is not whole: the one before is the
 * way back then. What is no checkpoint of this run, or a link, is not this policy's to judge.
 * @throws RUN_NOT_FOUND, FORMAT_VERSION, FILE_READ, FILE_CORRUPT if the folder is no run of this version
 */
export async function judgeCheckpoints(
  directory: string,
  policy: CheckpointPolicy,
  options: DiskOptions = {},
): Promise<JudgedCheckpoints> {
  const paths = runPaths(directory);
  const configHash = experimentHash(await readRunExperiment(directory));
  const named = (await exists(paths.summary)) ? fileNameOf((await readRunSummary(paths)).checkpoint) : undefined;
  if (await isLink(directory, paths.checkpoints, options)) {
    return { remove: [], keep: [{ path: paths.checkpoints, bytes: 0, why: NOTHING_BEHIND }] };
  }
  const { entries, kept, newest } = await readable(paths.checkpoints, configHash, options);
  const fault = newest && (await faultOf(newest, configHash, options));
  const judged = await Promise.all(
    entries.map(async (entry) => ({
      file: await sized(entry.path, options),
      why: fault ?? reasonFor(entry, { entries, named, policy }),
    })),
  );
  const judgedAs = (isKept: boolean) =>
    judged.flatMap(({ file, why }) =>
      file && (why !== undefined) === isKept ? [{ ...file, why: why ?? 'no rule keeps it' }] : [],
    );
  return { remove: judgedAs(false), keep: [...judgedAs(true), ...kept] };
}

/** Of a path as any system writes it: a run may have been made on another. */
const fileNameOf = (path: string): string | undefined => path.split(/[\\/]/).at(-1);

interface Judging {
  readonly entries: readonly CheckpointEntry[];
  /** The file that the summary names. */
  readonly named?: string;
  readonly policy: CheckpointPolicy;
}

/** Why a checkpoint stays; undefined: nothing keeps it. */
function reasonFor(entry: CheckpointEntry, { entries, named, policy }: Judging): string | undefined {
  const fromEnd = entries.length - entries.indexOf(entry);
  if (fromEnd === 1) return 'the newest';
  if (basename(entry.path) === named) return 'summary.json names it';
  if (entry === lowestScore(entries)) return 'the lowest validation loss';
  if (fromEnd <= policy.keepLast) return `one of the last ${policy.keepLast}`;
  if (policy.keepEvery !== undefined && entry.step % policy.keepEvery === 0)
    return `a multiple of ${policy.keepEvery} steps`;
  return undefined;
}

/** Checkpoints by step, what is left alone, and the newest file that is a checkpoint of this run, whole or not. */
async function readable(folder: string, configHash: string, options: DiskOptions) {
  const entries: CheckpointEntry[] = [];
  const kept: JudgedFile[] = [];
  let newest: string | undefined;
  for (const file of await checkpointFiles(folder, options)) {
    const path = join(folder, file.name);
    const found = file.isFile() ? await entryOrWhy(path, configHash, options) : NOTHING_BEHIND;
    if (typeof found === 'object') entries.push(found);
    else if (found) kept.push({ path, bytes: 0, ...(file.isFile() && (await sized(path, options))), why: found });
    if (typeof found === 'object' || found === DAMAGED) newest = path;
  }
  return { entries, kept, newest };
}

/** A checkpoint of this run, or why it is left alone; undefined if it is gone. */
async function entryOrWhy(
  path: string,
  configHash: string,
  options: DiskOptions,
): Promise<CheckpointEntry | string | undefined> {
  const read = readCheckpointEntry(path, options).catch((error: unknown) => {
    if (isForetokenError(error) && error.code === 'FILE_CORRUPT') return DAMAGED;
    throw error;
  });
  const entry = await unlessGone(read, undefined);
  return typeof entry === 'object' && entry.configHash !== configHash ? 'of another configuration' : entry;
}

async function checkpointFiles(folder: string, { disk = realDisk }: DiskOptions): Promise<Dirent[]> {
  const found = await disk.readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    if (errno(cause) === 'ENOENT') return [];
    throw readError(folder, cause);
  });
  return found.filter((entry) => stepOf(entry) !== undefined).sort((a, b) => stepOf(a)! - stepOf(b)!);
}

const stepOf = ({ name }: Dirent): number | undefined => stepOfName(name);

async function isLink(directory: string, path: string, { disk = realDisk }: DiskOptions): Promise<boolean> {
  const found = await disk.readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    throw readError(directory, cause);
  });
  return found.some((entry) => entry.name === basename(path) && entry.isSymbolicLink());
}

/** What is wrong with the newest checkpoint, read whole, so that nothing may go. */
async function faultOf(path: string, configHash: string, options: DiskOptions): Promise<string | undefined> {
  return loadCheckpoint(path, { configHash, ...options }).then(
    () => undefined,
    (error: Error) => `the newest, ${basename(path)}, is not whole (${error.message})`,
  );
}

/** Undefined for what is gone. */
async function sized(
  path: string,
  { disk = realDisk }: DiskOptions,
): Promise<{ path: string; bytes: number } | undefined> {
  const found = await unlessGone(disk.stat(path), undefined);
  return found && { path, bytes: found.size };
}
