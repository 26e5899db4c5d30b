import { dirname, join } from 'node:path';
import { ForetokenError, isForetokenError } from '@foretoken/engine/errors';
import type { Dataset, DatasetListing, DocumentEntry, Tokenizer } from '../contracts/data.ts';
import { type DiskOptions, realDisk, writeError } from '../files/disk.ts';
import { readJson, writeJson } from '../files/json-file.ts';
import { makeFolder } from '../files/make-folder.ts';
import { moveIntoPlace } from '../files/move-into-place.ts';
import { removePath } from '../files/remove-path.ts';
import { isAbandonedName, withTemporaryPath } from '../files/temporary-name.ts';
import { writeNewFile } from '../files/write-file-atomic.ts';
import { DATA_VERSION, type DataManifest, type PreparedDocument } from './data-manifest.ts';
import { tokenBytes, tokenWidth } from './token-file.ts';

/** The two sides of a corpus. */
export const SPLITS = ['train', 'validation'] as const;
export type Split = (typeof SPLITS)[number];

/** Name of a split's token file. */
export const tokenFileName = (split: Split) => `${split}.tokens`;
const MANIFEST = 'manifest.json';

/** What it takes to tokenize a corpus. */
export interface TokenizingJob {
  readonly dataset: Dataset;
  readonly tokenizer: Tokenizer;
  readonly listing: DatasetListing;
  /** The manifest but for the number of tokens of each document. */
  readonly manifest: Omit<DataManifest, 'documents'>;
  readonly progress?: (doneBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Reads a finished folder of tokens.
 * @returns undefined if it is not there or not whole, so that it must be made
 */
export async function readTokenCache(folder: string, options: DiskOptions = {}): Promise<DataManifest | undefined> {
  const { disk = realDisk } = options;
  try {
    const manifest = (await readJson(join(folder, MANIFEST), {
      ...options,
      version: DATA_VERSION,
    })) as unknown as DataManifest;
    for (const split of SPLITS) {
      const { size } = await disk.stat(join(folder, tokenFileName(split)));
      if (size !== countTokens(manifest, split) * tokenWidth(manifest.vocabulary)) return undefined;
    }
    return manifest;
  } catch {
    return undefined;
  }
}

/** Tokens of one split. */
export function countTokens({ documents }: DataManifest, split: Split): number {
  return documents.reduce((sum, document) => sum + (document.split === split ? document.tokens : 0), 0);
}

/**
 * Tokenizes every document, one at a time, into one file per split, and puts the finished folder in its place at once:
 * whoever looks finds it whole or not at all. If another process was quicker, its folder is taken.
 * @throws INTERRUPTED, DISK_FULL, FILE_WRITE, TOKEN_UNKNOWN, and what the dataset throws
 */
export async function writeTokenCache(
  folder: string,
  job: TokenizingJob,
  options: DiskOptions = {},
): Promise<DataManifest> {
  try {
    await makeFolder(dirname(folder), options);
    await removeAbandoned(dirname(folder), options);
  } catch (cause) {
    throw writeError(folder, cause);
  }
  return withTemporaryPath(folder, async (temporary) => {
    try {
      return await writeInto(temporary, folder, job, options);
    } catch (cause) {
      await removePath(temporary, options).catch(() => {});
      throw writeError(folder, cause);
    }
  });
}

async function writeInto(
  temporary: string,
  folder: string,
  job: TokenizingJob,
  options: DiskOptions,
): Promise<DataManifest> {
  const { disk = realDisk } = options;
  // Durable with its final name, and of no use before.
  await disk.mkdir(temporary);
  const tokens = new Map<string, number>();
  const tick = progressOf(job);
  for (const split of SPLITS) {
    await writeNewFile(join(temporary, tokenFileName(split)), splitBytes(split, job, tokens, tick), options);
  }
  const documents: PreparedDocument[] = job.listing.documents.map((document) => ({
    ...document,
    tokens: tokens.get(document.id)!,
  }));
  const manifest: DataManifest = { ...job.manifest, documents };
  await writeJson(join(temporary, MANIFEST), { formatVersion: DATA_VERSION, ...manifest }, options);
  await publish(temporary, folder, options);
  return manifest;
}

function progressOf({ listing, progress }: TokenizingJob): (document: DocumentEntry) => void {
  const total = listing.documents.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  return ({ bytes }) => {
    done += bytes;
    progress?.(done, total);
  };
}

/** The tokens of a split, document by document, whose numbers are noted. */
async function* splitBytes(
  split: Split,
  job: TokenizingJob,
  tokens: Map<string, number>,
  tick: (document: DocumentEntry) => void,
): AsyncIterable<Uint8Array> {
  for (const document of job.listing.documents) {
    if (document.split !== split) continue;
    if (job.signal?.aborted)
      throw new ForetokenError('INTERRUPTED', 'stopped while the data was prepared. Start the same command again.');
    const encoded = await encodeDocument(job, document);
    yield tokenBytes(encoded, job.tokenizer.vocabulary);
    tokens.set(document.id, encoded.length);
    tick(document);
  }
}

async function encodeDocument({ dataset, tokenizer }: TokenizingJob, document: DocumentEntry): Promise<Int32Array> {
  try {
    return tokenizer.encode(await dataset.read(document));
  } catch (cause) {
    if (isForetokenError(cause)) throw cause;
    throw new ForetokenError(
      'PLUGIN_FAILED',
      `dataset or tokenizer threw at document ${document.id}: ${cause instanceof Error ? cause.message : cause}. ` +
        'Leave the document out, or report it to the author of the plugin.',
      { cause },
    );
  }
}

/** Removes what earlier processes left unfinished. */
async function removeAbandoned(cacheDirectory: string, options: DiskOptions): Promise<void> {
  const { disk = realDisk } = options;
  for (const name of await disk.readdir(cacheDirectory)) {
    if (isAbandonedName(name)) await removePath(join(cacheDirectory, name), options);
  }
}

/** Puts the finished folder in its place. What another process finished before is as good; what is broken goes. */
async function publish(temporary: string, folder: string, options: DiskOptions): Promise<void> {
  if (await moveIntoPlace(temporary, folder, options)) return;
  if ((await readTokenCache(folder, options)) === undefined) {
    await moveIntoPlace(folder, `${temporary}.broken`, options);
    await moveIntoPlace(temporary, folder, options);
  }
  for (const left of [temporary, `${temporary}.broken`]) await removePath(left, options);
}
