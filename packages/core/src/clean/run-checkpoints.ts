import type { Dirent } from 'node:fs';
import { basename, join } from 'node:path';
import { isForetokenError } from '@foretoken/engine/errors';
import { type CheckpointEntry, loadCheckpoint, readCheckpointEntry } from '../checkpoints/checkpoint-store.ts';
import { experimentHash } from '../config/hash.ts';
import { type DiskOptions, errno, readError, realDisk } from '../files/disk.ts';
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
const FILE_NAME = /^step-\d{8,}\.safetensors$/;

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
  const named = (await exists(paths.summary)) ? basename((await readRunSummary(paths)).checkpoint) : undefined;
  if (await isLink(directory, paths.checkpoints, options)) {
    return { remove: [], keep: [{ path: paths.checkpoints, bytes: 0, why: NOTHING_BEHIND }] };
  }
  const { entries, kept } = await readable(paths.checkpoints, configHash, options);
  const newest = entries.at(-1);
  const fault = newest && (await faultOf(newest.path, configHash, options));
  const judged = await Promise.all(
    entries.map(async (entry) => ({
      file: await sized(entry.path, options),
      why: fault ?? reasonFor(entry, { entries, named, policy }),
    })),
  );
  const judgedAs = (isKept: boolean) =>
    judged.flatMap(({ file, why }) =>
      (why !== undefined) === isKept ? [{ ...file, why: why ?? 'no rule keeps it' }] : [],
    );
  return { remove: judgedAs(false), keep: [...judgedAs(true), ...kept] };
}

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
  if (entry === best(entries)) return 'the lowest validation loss';
  if (fromEnd <= policy.keepLast) return `one of the last ${policy.keepLast}`;
  if (policy.keepEvery !== undefined && entry.step % policy.keepEvery === 0)
    return `a multiple of ${policy.keepEvery} steps`;
  return undefined;
}

function best(entries: readonly CheckpointEntry[]): CheckpointEntry | undefined {
  const scored = entries.filter(({ score }) => score !== undefined);
  return scored.sort((a, b) => (a.score as number) - (b.score as number) || a.step - b.step)[0];
}

/** Checkpoints by step, and what is left alone. */
async function readable(folder: string, configHash: string, options: DiskOptions) {
  const entries: CheckpointEntry[] = [];
  const kept: JudgedFile[] = [];
  for (const file of await checkpointFiles(folder, options)) {
    const path = join(folder, file.name);
    const leave = async (why: string) => kept.push({ ...(await sized(path, options)), why });
    if (!file.isFile()) kept.push({ path, bytes: 0, why: NOTHING_BEHIND });
    else {
      const entry = await readCheckpointEntry(path, options).catch((error: unknown) => error);
      if (isForetokenError(entry) && entry.code === 'FILE_CORRUPT')
        await leave('damaged: look at it, and remove it yourself');
      else if (entry instanceof Error) throw entry;
      else if ((entry as CheckpointEntry).configHash !== configHash) await leave('of another configuration');
      else entries.push(entry as CheckpointEntry);
    }
  }
  return { entries: entries.sort((a, b) => a.step - b.step), kept };
}

async function checkpointFiles(folder: string, { disk = realDisk }: DiskOptions): Promise<Dirent[]> {
  const found = await disk.readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    if (errno(cause) === 'ENOENT') return [];
    throw readError(folder, cause);
  });
  return found.filter(({ name }) => FILE_NAME.test(name));
}

async function isLink(directory: string, path: string, { disk = realDisk }: DiskOptions): Promise<boolean> {
  const found = await disk.readdir(directory, { withFileTypes: true });
  return found.some((entry) => entry.name === basename(path) && entry.isSymbolicLink());
}

/** What is wrong with the newest checkpoint, read whole, so that nothing may go. */
async function faultOf(path: string, configHash: string, options: DiskOptions): Promise<string | undefined> {
  return loadCheckpoint(path, { configHash, ...options }).then(
    () => undefined,
    (error: Error) => `the newest, ${basename(path)}, is not whole (${error.message})`,
  );
}

async function sized(path: string, { disk = realDisk }: DiskOptions): Promise<{ path: string; bytes: number }> {
  return { path, bytes: (await disk.stat(path)).size };
}
