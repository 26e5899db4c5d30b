import { type DiskOptions, FORMAT_VERSION } from '@foretoken/core';
import {
  type FolderFiles,
  finishReplacement,
  folderFiles,
  isInterrupted,
  type NewContent,
  type Replacement,
  readOldRecord,
  readOldRun,
  refuseTakenBackup,
  replaceFolder,
  type UpgradeHost,
  upgradeOf,
} from '@foretoken/core/training';
import { type FolderKind, kindOfFolder, recordOf } from '../run/folder-kind.ts';
import { refusePart } from '../run/refuse-part.ts';
import { readOldAblation } from './old-ablation.ts';
import { refuseRunning, whileLocked, whileNotRunning } from './upgrade-lock.ts';

/** What became of a folder, or would become. */
export interface FolderUpgrade {
  readonly directory: string;
  readonly kind: FolderKind;
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
  /** Runs whose model has other weights today: they can be read, and nothing goes on from them. Paths from the folder, `.` for itself. */
  readonly recordsOnly: readonly string[];
}

/** Options of {@link upgradeFolder}. */
export interface UpgradeOptions extends DiskOptions {
  /** Says what would be done, and does nothing. */
  readonly dryRun?: boolean;
}

/**
 * Brings the folder of a run or an ablation to this version. What was there stays beside it, whole; at any moment there is
 * the old folder or the new one, whole. Nobody else upgrades it meanwhile, and an ablation cannot be run.
 *
 * @throws RUN_NOT_FOUND if it is neither; RUN_EXISTS if there is a backup already; FORMAT_VERSION for a newer one; USAGE for part of
 * an ablation; RUN_MISMATCH if nothing could go on from it; ABLATION_BUSY while it runs or is upgraded; FILE_READ, FILE_CORRUPT,
 * FILE_WRITE, DISK_FULL
 */
export async function upgradeFolder(
  host: UpgradeHost,
  folder: string,
  { dryRun = false, ...options }: UpgradeOptions = {},
): Promise<FolderUpgrade> {
  const place = upgradeOf(folder);
  if (dryRun || !isInterrupted(place)) {
    const kind = await kindOfFolder(place.directory);
    if (await isOfNow(place, kind)) return outcomeOf(place, kind, 'none');
    if (dryRun) return planned(host, place, kind, options);
  }
  return whileLocked(place, () => upgradeLocked(host, place, options));
}

async function planned(
  host: UpgradeHost,
  place: Replacement,
  kind: FolderKind,
  options: DiskOptions,
): Promise<FolderUpgrade> {
  const { directory } = place;
  await refusePart(directory, 'upgrade');
  if (kind === 'ablation') await refuseRunning(directory);
  const content = await contentOf(host, kind, directory, await folderFiles(directory, options));
  await refuseTakenBackup(place, options);
  return outcomeOf(place, kind, 'planned', content);
}

/** Whoever had the lock before may have done it all, or half. */
async function upgradeLocked(host: UpgradeHost, place: Replacement, options: DiskOptions): Promise<FolderUpgrade> {
  const { directory } = place;
  if (await finishReplacement(place, options)) return outcomeOf(place, await kindOfFolder(directory), 'finished');
  const kind = await kindOfFolder(directory);
  if (await isOfNow(place, kind)) return outcomeOf(place, kind, 'none');
  await refusePart(directory, 'upgrade');
  const replace = async (withoutLock: (files: FolderFiles) => FolderFiles) => {
    const content = await contentOf(host, kind, directory, withoutLock(await folderFiles(directory, options)));
    await replaceFolder(place, content, options);
    return outcomeOf(place, kind, 'upgraded', content);
  };
  return kind === 'run' ? replace((files) => files) : whileNotRunning(place, replace);
}

async function isOfNow({ directory }: Replacement, kind: FolderKind): Promise<boolean> {
  return (await readOldRecord(recordOf(directory, kind))).formatVersion === FORMAT_VERSION;
}

/** What the new folder is made of, and what of it is a mere record. */
type Content = NewContent & Pick<FolderUpgrade, 'recordsOnly'>;

const NOTHING: Content = { folders: [], files: [], conversionOf: () => undefined, recordsOnly: [] };

async function contentOf(host: UpgradeHost, kind: FolderKind, directory: string, files: FolderFiles): Promise<Content> {
  if (kind === 'ablation') {
    const old = await readOldAblation(host, directory, files);
    return { ...files, conversionOf: (file) => old.conversionOf(file), recordsOnly: old.recordsOnly };
  }
  const old = await readOldRun(host, directory);
  return { ...files, conversionOf: (file) => old.conversionOf(file), recordsOnly: old.isRecordOnly ? ['.'] : [] };
}

function outcomeOf(
  { directory, backup }: Replacement,
  kind: FolderKind,
  outcome: FolderUpgrade['outcome'],
  { files, conversionOf, recordsOnly }: Content = NOTHING,
): FolderUpgrade {
  const by = (is: (found: ReturnType<NewContent['conversionOf']>) => boolean) =>
    files.filter((file) => is(conversionOf(file)));
  return {
    ...{ directory, kind, from: outcome === 'none' ? FORMAT_VERSION : FORMAT_VERSION - 1, to: FORMAT_VERSION, outcome },
    ...(outcome !== 'none' && { backup }),
    rewritten: by((found) => typeof found === 'function'),
    copied: by((found) => found === undefined),
    leftOut: by((found) => found === 'leave out'),
    recordsOnly,
  };
}
