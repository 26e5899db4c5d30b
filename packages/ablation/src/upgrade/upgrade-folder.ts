import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { type DiskOptions, FORMAT_VERSION, ForetokenError } from '@foretoken/core';
import {
  type FolderFiles,
  finishReplacement,
  folderFiles,
  type NewContent,
  type OldRun,
  type Replacement,
  readOldRecord,
  readOldRun,
  replaceFolder,
  replacementOf,
  type UpgradeHost,
} from '@foretoken/core/training';
import { exists } from '../run/ablation-store.ts';
import { lockFolder } from '../run/folder-lock.ts';
import { readOldAblation } from './old-ablation.ts';

/** What became of a folder, or would become. */
export interface FolderUpgrade {
  readonly directory: string;
  readonly kind: 'run' | 'ablation';
  readonly from: number;
  readonly to: number;
  /** `none`: it is of this version already; `planned`: nothing was written, as asked; `finished`: what a kill had left to do. */
  readonly outcome: 'upgraded' | 'finished' | 'planned' | 'none';
  /** Where the old folder is, or would be. */
  readonly backup?: string;
  /** Files by what becomes of them, as paths from the folder. */
  readonly rewritten: readonly string[];
  readonly copied: readonly string[];
  readonly leftOut: readonly string[];
}

/** Options of {@link upgradeFolder}. */
export interface UpgradeOptions extends DiskOptions {
  /** Says what would be done, and does nothing. */
  readonly dryRun?: boolean;
}

/**
 * Brings the folder of a run or an ablation to this version. What was there stays beside it, whole; at any moment there is
 * the old folder or the new one, whole.
 *
 * @throws RUN_NOT_FOUND if it is neither; RUN_EXISTS if there is a backup already; FORMAT_VERSION for a newer one; USAGE for part of
 * an ablation; ABLATION_BUSY while it runs; FILE_READ, FILE_CORRUPT, FILE_WRITE, DISK_FULL
 */
export async function upgradeFolder(
  host: UpgradeHost,
  folder: string,
  { dryRun = false, ...options }: UpgradeOptions = {},
): Promise<FolderUpgrade> {
  const place = replacementOf(path.resolve(folder), FORMAT_VERSION - 1, FORMAT_VERSION);
  if (!dryRun && (await finishReplacement(place, options)))
    return outcomeOf(place, await kindOf(place.directory), 'finished');
  // A link to it stays a link: beside the folder itself is where its backup belongs.
  const directory = await realpath(place.directory).catch(() => place.directory);
  const real = replacementOf(directory, FORMAT_VERSION - 1, FORMAT_VERSION);
  const kind = await kindOf(directory);
  const { formatVersion } = await readOldRecord(path.join(directory, RECORDS[kind]));
  if (formatVersion === FORMAT_VERSION) return outcomeOf(real, kind, 'none');
  await refusePart(directory);
  if (kind === 'ablation') await refuseRunning(directory);
  const content = await contentOf(host, kind, directory, await folderFiles(directory, options));
  if (!dryRun) await replaceFolder(real, content, options);
  else if (await exists(real.backup))
    throw new ForetokenError(
      'RUN_EXISTS',
      `${real.backup} is there already: a backup is never replaced. Move it away, then upgrade.`,
    );
  return outcomeOf(real, kind, dryRun ? 'planned' : 'upgraded', content);
}

const RECORDS = { run: 'experiment.json', ablation: 'ablation.json' } as const;

async function kindOf(directory: string): Promise<FolderUpgrade['kind']> {
  for (const kind of ['run', 'ablation'] as const) if (await exists(path.join(directory, RECORDS[kind]))) return kind;
  throw new ForetokenError(
    'RUN_NOT_FOUND',
    `${directory} holds no run and no ablation (no experiment.json, no ablation.json). Name the folder of one.`,
  );
}

/** Alone it would be of another version than the ablation that reads it. */
async function refusePart(directory: string): Promise<void> {
  const root = path.dirname(path.dirname(directory));
  const isTraining = path.basename(path.dirname(directory)) === 'trainings';
  if (!isTraining || !(await exists(path.join(root, RECORDS.ablation)))) return;
  throw new ForetokenError(
    'USAGE',
    `${directory} is part of the ablation in ${root}. Run "foretoken upgrade ${root}".`,
  );
}

async function refuseRunning(directory: string): Promise<void> {
  const leases = path.join(directory, 'leases');
  if (await exists(leases)) await (await lockFolder(leases)).release();
}

async function contentOf(
  host: UpgradeHost,
  kind: FolderUpgrade['kind'],
  directory: string,
  files: FolderFiles,
): Promise<NewContent> {
  const old: OldRun | Awaited<ReturnType<typeof readOldAblation>> =
    kind === 'run' ? await readOldRun(host, directory) : await readOldAblation(host, directory, files);
  return { ...files, conversionOf: (file) => old.conversionOf(file) };
}

function outcomeOf(
  { directory, backup }: Replacement,
  kind: FolderUpgrade['kind'],
  outcome: FolderUpgrade['outcome'],
  { files, conversionOf }: Pick<NewContent, 'files' | 'conversionOf'> = { files: [], conversionOf: () => undefined },
): FolderUpgrade {
  const by = (is: (found: ReturnType<NewContent['conversionOf']>) => boolean) =>
    files.filter((file) => is(conversionOf(file)));
  return {
    ...{ directory, kind, from: outcome === 'none' ? FORMAT_VERSION : FORMAT_VERSION - 1, to: FORMAT_VERSION, outcome },
    ...(outcome !== 'none' && { backup }),
    rewritten: by((found) => typeof found === 'function'),
    copied: by((found) => found === undefined),
    leftOut: by((found) => found === 'leave out'),
  };
}
