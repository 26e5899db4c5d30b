import { createHash } from 'node:crypto';
import { FORMAT_VERSION } from '../config/experiment.ts';
import type { DatasetListing, DocumentEntry, Tokenizer } from '../contracts/data.ts';
import type { Json } from '../contracts/json.ts';

/** A document as the manifest records it. */
export interface PreparedDocument extends DocumentEntry {
  readonly tokens: number;
}

/** What a run was trained on, byte by byte: saved with the run and beside the prepared tokens. */
export interface DataManifest {
  readonly formatVersion: typeof FORMAT_VERSION;
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
  const add = (part: unknown) => hash.update(`${JSON.stringify(part)}\n`);
  add({ formatVersion: FORMAT_VERSION, tokenizer: canonical(tokenizerRef), vocabulary: tokenizer.vocabulary });
  for (const { id, split, sha256 } of listing.documents) add([id, split, sha256]);
  return hash.digest('hex');
}

/** The same value with the keys of every object sorted. */
function canonical(value: Json): Json {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, member]) => [key, canonical(member)]));
}
