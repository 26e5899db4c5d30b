import { join } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import type { Dataset, Tokenizer } from '../contracts/data.ts';
import type { Prompt } from '../contracts/decoding.ts';
import type { Windows } from '../contracts/evaluation.ts';
import type { Json } from '../contracts/json.ts';
import { type DataManifest, hashContent, type PreparedDocument } from './data-manifest.ts';
import { cutPrompts, lengthOf, longestDocument } from './prompts.ts';
import { readTokenCache, type Split, tokenFileName, writeTokenCache } from './token-cache.ts';
import { TokenFile, tokenWidth } from './token-file.ts';
import { documentStarts, type TokenSplit, tokenWindows } from './token-windows.ts';

/** What data a run wants and where prepared tokens are kept. */
export interface PrepareOptions {
  readonly dataset: Dataset;
  readonly tokenizer: Tokenizer;
  /** Dataset and tokenizer with their options, as configured, for the manifest. */
  readonly names: { readonly dataset: Json; readonly tokenizer: Json };
  /** Inputs of a window, T. */
  readonly context: number;
  /** Targets behind the last input of a window. */
  readonly maxOffset: number;
  /** Each corpus gets a folder in it, named by content. */
  readonly cacheDirectory: string;
  readonly progress?: (doneBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
}

/** Tokens of part of one document. */
export interface TokenChunk {
  /** Number of the document in its split; chunks of one document follow one another. */
  readonly document: number;
  readonly tokens: Int32Array;
}

/** A tokenized corpus on disk. */
export interface PreparedData {
  readonly train: Windows;
  readonly validation: Windows;
  readonly manifest: DataManifest;
  /** All tokens of a split in order, a chunk at a time; none crosses a document boundary. */
  tokens(split: Split): Iterable<TokenChunk>;
  /**
   * `count` prompts of `length` tokens from held-out documents, the same for every arm and seed.
   * @throws DATA_TOO_SHORT if no held-out document is that long
   */
  prompts(count: number, length: number, name: string): readonly Prompt[];
  /** Closes the token files. */
  close(): void;
}

const CHUNK = 2 ** 16;

/**
 * Lists, tokenizes (or finds tokenized) and opens a corpus. Neither needs more memory than the longest document.
 * @throws DATA_EMPTY, DATA_TOO_SHORT, INTERRUPTED, DISK_FULL, FILE_WRITE, and what the dataset throws
 */
export async function prepareData(options: PrepareOptions): Promise<PreparedData> {
  const { dataset, tokenizer, names, cacheDirectory } = options;
  const listing = await dataset.list();
  const contentHash = hashContent(listing, tokenizer, names.tokenizer);
  const head = { contentHash, ...names, vocabulary: tokenizer.vocabulary } as const;
  const folder = join(cacheDirectory, contentHash);
  const cached =
    (await readTokenCache(folder)) ??
    (await writeTokenCache(folder, { ...options, listing, manifest: { ...head, skipped: listing.skipped } }));
  // Tokens may come from a run with other skipped files or another spelling of the same choice.
  return openPrepared(folder, { ...head, documents: cached.documents, skipped: listing.skipped }, options);
}

function openPrepared(folder: string, manifest: DataManifest, options: PrepareOptions): PreparedData {
  const opened: TokenFile[] = [];
  const close = () => {
    for (const file of opened) file.close();
  };
  try {
    const [train, validation] = (['train', 'validation'] as const).map((split) => {
      const documents = manifest.documents.filter((document) => document.split === split);
      const file = new TokenFile(join(folder, tokenFileName(split)), tokenWidth(manifest.vocabulary));
      opened.push(file);
      const opening = { file, starts: documentStarts(documents.map(({ tokens }) => tokens)) };
      return { ...opening, ids: documents.map(({ id }) => id), windows: windowsOf(split, opening, documents, options) };
    });
    return {
      train: train.windows,
      validation: validation.windows,
      manifest,
      tokens: (split) => chunksOf(split === 'train' ? train : validation),
      prompts: (count, length, name) => cutPrompts(validation, validation.ids, { count, length, name }),
      close,
    };
  } catch (cause) {
    close();
    throw cause;
  }
}

function windowsOf(
  split: Split,
  opening: TokenSplit,
  documents: readonly PreparedDocument[],
  { context, maxOffset }: PrepareOptions,
): Windows {
  const { starts } = opening;
  const total = starts[starts.length - 1];
  if (total === 0) throw new ForetokenError('DATA_EMPTY', `the ${split} split has no token. Add documents.`);
  const windows = tokenWindows(opening, { context, maxOffset });
  if (windows.count === 0) {
    throw new ForetokenError(
      'DATA_TOO_SHORT',
      `the ${split} split has ${total} tokens, one window takes ${context + maxOffset} (context ${context} + maxOffset ${maxOffset}). Lower context, or add data.`,
    );
  }
  if (!hasTarget(starts, maxOffset, windows.count * context)) {
    const longest = longestDocument(starts);
    throw new ForetokenError(
      'DATA_TOO_SHORT',
      `offset ${maxOffset} never has a target in the ${split} split: its longest document, ${documents[longest].id}, has ${lengthOf(starts, longest)} tokens, and ${maxOffset + 1} are needed. Lower maxOffset, or add longer documents.`,
    );
  }
  return windows;
}

/** Whether any of the first `inputs` tokens has a token of its own document `offset` further on. */
function hasTarget(starts: Float64Array, offset: number, inputs: number): boolean {
  return starts.subarray(0, -1).some((start, document) => start < inputs && lengthOf(starts, document) > offset);
}

function* chunksOf({ file, starts }: TokenSplit): Iterable<TokenChunk> {
  for (let document = 0; document + 1 < starts.length; document++) {
    for (let at = starts[document]; at < starts[document + 1]; at += CHUNK) {
      yield { document, tokens: file.read(at, Math.min(CHUNK, starts[document + 1] - at)) };
    }
  }
}
