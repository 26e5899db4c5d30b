import { createHash } from 'node:crypto';
import type { DatasetListing, DocumentEntry } from '../../contracts/data.ts';
import { notJson } from '../not-json.ts';
import { describeSafely, wrong } from './failure.ts';
import type { Hook } from './hooks.ts';
import type { Made, ValueChecks } from './values.ts';

/** A tokenizer gives tokens of its vocabulary, and bytes. */
export function tokenizerValues({ made }: Made): ValueChecks {
  return {
    encode(value, _args, hook) {
      if (!(value instanceof Int32Array)) {
        throw wrong(hook, `must return an Int32Array, returned ${describeSafely(value)}`);
      }
      const vocabulary = made.vocabulary as number;
      const outside = value.find((token) => token < 0 || token >= vocabulary);
      if (outside === undefined) return;
      throw wrong(hook, `must return tokens in 0..${vocabulary - 1}, returned ${outside}`, 'TOKEN_UNKNOWN');
    },
    decode(value, _args, hook) {
      if (value instanceof Uint8Array) return;
      throw wrong(hook, `must return a Uint8Array, returned ${describeSafely(value)}`);
    },
  };
}

/** A data set reads what it listed: tokens are kept by the hashes of its listing, for every run of the same content. */
export function datasetValues(): ValueChecks {
  return {
    list: (value, _args, hook) => checkListing(hook, value),
    read(value, [document], hook) {
      const { id, sha256 } = document as DocumentEntry;
      if (!(value instanceof Uint8Array)) {
        throw wrong(hook, `must give the bytes of ${JSON.stringify(id)}, gave ${describeSafely(value)}`);
      }
      if (createHash('sha256').update(value).digest('hex') === sha256) return;
      const rule = `must give the bytes whose SHA-256 it listed of ${JSON.stringify(id)}`;
      throw wrong(hook, `${rule}, gave ${value.length} others`, 'DATA_CHANGED');
    },
  };
}

function checkListing(hook: Hook, value: unknown): void {
  const { documents, skipped } = Object(value) as Partial<DatasetListing>;
  if (!Array.isArray(documents) || !Array.isArray(skipped)) {
    throw wrong(hook, `must give { documents, skipped } as lists, gave ${describeSafely(value)}`);
  }
  const ids = new Set<string>();
  for (const document of documents as readonly unknown[]) checkDocument(hook, document, ids);
  const isSaid = (one: unknown) => {
    const { id, reason } = Object(one) as Partial<DatasetListing['skipped'][number]>;
    return typeof id === 'string' && typeof reason === 'string';
  };
  const odd: unknown = skipped.find((one) => !isSaid(one));
  if (odd !== undefined) throw wrong(hook, `must skip by { id, reason }, gave ${describeSafely(odd)}`);
}

function checkDocument(hook: Hook, document: unknown, ids: Set<string>): void {
  const { id, split, bytes, sha256 } = Object(document) as Partial<DocumentEntry>;
  const isListed =
    typeof id === 'string' &&
    (split === 'train' || split === 'validation') &&
    Number.isSafeInteger(bytes) &&
    (bytes as number) >= 0 &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256);
  if (!isListed) {
    const rule = 'must list documents as { id, split: train or validation, bytes, sha256 in hex }';
    throw wrong(hook, `${rule}, gave ${describeSafely(document)}`);
  }
  if (ids.has(id)) throw wrong(hook, `must list a document once, gave ${JSON.stringify(id)} twice`);
  ids.add(id);
}

/** An eval gives what goes into tables. */
export function evalValues(): ValueChecks {
  return {
    measure(value, _args, hook) {
      const { results, timings = {} } = Object(value) as { readonly results?: unknown; readonly timings?: unknown };
      const problem = notJson(results, 'results') ?? notJson(timings, 'timings');
      if (problem) throw wrong(hook, `must give an outcome that survives JSON unchanged, but ${problem}`);
    },
  };
}
