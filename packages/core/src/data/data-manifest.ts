import { createHash } from 'node:crypto';
import { canonicalJson } from '../config/hash.ts';
import type { DatasetListing, DocumentEntry, Tokenizer } from '../contracts/data.ts';
import type { Json } from '../contracts/json.ts';

/** Version of how data are split, tokenized and kept: part of their hash, so prepared tokens outlive the records of runs. */
export const DATA_VERSION = 1;

/** A document as the manifest records it. */
export interface PreparedDocument extends DocumentEntry {
  readonly tokens: number;
}

/** What a run was trained on, byte by byte: saved with the run and beside the prepared tokens. */
export interface DataManifest {
  /** Hash of everything that decides the tokens. */
  readonly contentHash: string;
  /** The dataset with its options, as configured. */
  readonly dataset: Json;
  /** The tokenizer with its options, as configured. */
  readonly tokenizer: Json;
  readonly vocabulary: number;
  readonly documents: readonly PreparedDocument[];
  readonly skipped: DatasetListing['skipped'];
}

/**
 * Hash of everything that decides the prepared tokens: documents with split and content, tokenizer with its options.
 * @returns hex SHA-256
 */
export function hashContent(listing: DatasetListing, tokenizer: Tokenizer, tokenizerRef: Json): string {
  const hash = createHash('sha256');
  const add = (part: unknown) => hash.update(`${canonicalJson(part)}\n`);
  add({ formatVersion: DATA_VERSION, tokenizer: tokenizerRef, vocabulary: tokenizer.vocabulary });
  for (const { id, split, sha256 } of listing.documents) add([id, split, sha256]);
  return hash.digest('hex');
}
