// Datasets that are wrong on purpose, each in one way: the check that is meant for it catches it, and says why.
import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { Dataset, DatasetListing, DocumentEntry } from '../contracts/data.ts';
import { type Definition, defineDataset, ForetokenError, Type } from '../plugin.ts';
import { failureOf, failuresIn } from './contract-failures.fixture.ts';
import { datasetContract } from './dataset/dataset-checks.ts';
import { holdsOut, listsDocuments } from './dataset/listing.ts';
import { readsInAnyOrder, readsWhatItLists, refusesOthers } from './dataset/reading.ts';
import { listsTheSame, writesNothing } from './dataset/same-listing.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Files of `texts/`, every tenth by hash held out, each content once. */
async function listed(base: string, share: number): Promise<DatasetListing> {
  const names = await readdir(join(base, 'texts'), { recursive: true });
  const documents: DocumentEntry[] = [];
  const skipped: { id: string; reason: string }[] = [];
  const seen = new Set<string>();
  for (const name of names.filter((one) => one.endsWith('.txt')).sort()) {
    const bytes = await readFile(join(base, 'texts', name));
    const hash = sha256(bytes);
    const reason = bytes.length === 0 ? 'empty' : seen.has(hash) ? 'twice' : undefined;
    seen.add(hash);
    if (reason) skipped.push({ id: name, reason });
    else {
      const isHeldOut = Number.parseInt(sha256(Buffer.from(name)).slice(0, 4), 16) / 2 ** 16 < share;
      documents.push({ id: name, split: isHeldOut ? 'validation' : 'train', bytes: bytes.length, sha256: hash });
    }
  }
  return { documents, skipped };
}

function good(base: string, share: number): Dataset {
  let found: Promise<DatasetListing> | undefined;
  const all = () => (found ??= listed(base, share));
  return {
    list: () => listed(base, share),
    async read({ id, sha256: hash }) {
      const isListed = (await all()).documents.some((one) => one.id === id);
      const bytes = isListed ? await readFile(join(base, 'texts', id)) : Buffer.alloc(0);
      if (sha256(bytes) === hash) return bytes;
      throw new ForetokenError('DATA_CHANGED', `dataset "good": ${id} is not what it was when it was listed.`);
    },
  };
}

/** The dataset that keeps the contract, but for what replaces its parts. */
const dataset = (name: string, part: (good: Dataset, base: string) => Partial<Dataset> = () => ({})) =>
  defineDataset({
    name,
    options: Type.Object({ share: Type.Number({ minimum: 0.1, maximum: 0.9, default: 0.4 }) }),
    create: ({ baseDirectory }, { share }) => {
      const kept = good(baseDirectory, share);
      return { ...kept, ...part(kept, baseDirectory) };
    },
  });

/** Changes what is listed. */
const listing =
  (change: (listing: DatasetListing, base: string) => DatasetListing | Promise<DatasetListing>) =>
  (kept: Dataset, base: string): Partial<Dataset> => ({ list: async () => change(await kept.list(), base) });
/** Changes each document that is listed. */
const entries = (change: (entry: DocumentEntry, index: number, base: string) => object) =>
  listing(({ documents, skipped }, base) => ({
    documents: documents.map((one, i) => ({ ...one, ...change(one, i, base) })),
    skipped,
  }));

const failures = (definition: Definition) => failuresIn(datasetContract, definition, {}, {});

test('the dataset that the others are made of keeps the contract', async () => {
  expect([...(await failures(dataset('good')))]).toEqual([]);
});

test.each<[what: string, part: (kept: Dataset, base: string) => Partial<Dataset>, title: string, message: RegExp]>([
  [
    'names documents by where they lie',
    entries(({ id }, _, base) => ({ id: join(base, id) })),
    listsDocuments.title,
    /an id must not depend on where the files lie\. Make it relative/,
  ],
  [
    'names documents from a folder above',
    entries(({ id }) => ({ id: `../texts/${id}` })),
    listsDocuments.title,
    /document "\.\.\/texts\/.*: an id must not lead out of the root/,
  ],
  [
    'names documents as Windows does',
    entries(({ id }) => ({ id: id.replaceAll('/', '\\') })),
    listsDocuments.title,
    /neither backslash nor control characters\. Join it with `\/`/,
  ],
  [
    'gives two documents one name',
    entries(({ id }) => ({ id: id.split('/')[0] })),
    listsDocuments.title,
    /two documents have the id "(a|B)"/,
  ],
  [
    'has a third split',
    entries((_, i) => (i === 0 ? { split: 'test' } : {})),
    listsDocuments.title,
    /split must be "train" or "validation", was "test"/,
  ],
  [
    'lists a size in kilobytes',
    entries(({ bytes }) => ({ bytes: bytes / 1024 })),
    listsDocuments.title,
    /bytes must be an integer >= 1, was 0\.\d+/,
  ],
  [
    'writes hashes in base64',
    entries(({ sha256: hash }) => ({ sha256: Buffer.from(hash, 'hex').toString('base64') })),
    listsDocuments.title,
    /sha256 must be 64 lower-case hex digits, was ".*="/,
  ],
  [
    'lists a document twice',
    listing(({ documents, skipped }) => ({
      documents: documents.flatMap((one, i) =>
        i === 1 ? [one, { ...one, id: `${one.id} (copy)`, split: 'validation' }] : [one],
      ),
      skipped,
    })),
    listsDocuments.title,
    /have the same bytes: held-out text would be trained on\. Keep one/,
  ],
  [
    'does not say why it left a file out',
    listing(({ documents, skipped }) => ({ documents, skipped: skipped.map(({ id }) => ({ id, reason: '' })) })),
    listsDocuments.title,
    /needs an id and a reason, was \{"id":".*","reason":""\}/,
  ],
  [
    'dates its documents',
    entries(() => ({ modified: new Date(0) })),
    listsDocuments.title,
    /a listing must survive JSON, and the listing\.documents\.0\.modified is Date/,
  ],
  [
    'holds nothing out',
    entries(() => ({ split: 'train' })),
    holdsOut.title,
    /none of its \d+ documents is for "validation"\. Split by a hash/,
  ],
  [
    'counts characters',
    (kept, base) => ({
      list: async () => {
        const { documents, skipped } = await kept.list();
        const counted = documents.map(async (one) => ({
          ...one,
          bytes: (await readFile(join(base, 'texts', one.id), 'utf8')).length,
        }));
        return { documents: await Promise.all(counted), skipped };
      },
    }),
    readsWhatItLists.title,
    /it has \d+ bytes and was listed with \d+\. List bytes, not characters/,
  ],
  [
    'hashes something else',
    entries(({ id }) => ({ sha256: sha256(Buffer.from(id)) })),
    readsWhatItLists.title,
    /threw while it was checked that it reads the bytes that it listed.*DATA_CHANGED/,
  ],
  [
    'reads its text without the last line break',
    (kept) => ({ read: async (document) => (await kept.read(document)).subarray(0, -1) }),
    readsWhatItLists.title,
    /it has \d+ bytes and was listed with \d+/,
  ],
  [
    'reads texts',
    (kept) => ({ read: async (document) => new TextDecoder().decode(await kept.read(document)) as never }),
    readsWhatItLists.title,
    /`read` must give a Uint8Array, gave \[object String\]/,
  ],
  [
    'lists as the file system does',
    (kept, base) => ({
      list: async () => {
        const { documents, skipped } = await kept.list();
        const order = readdirSync(join(base, 'texts'), { recursive: true }).map(String);
        return { documents: [...documents].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id)), skipped };
      },
    }),
    listsTheSame.title,
    /the listing is another one where folders are listed backwards: \.\.\./,
  ],
  [
    'splits by chance',
    entries((_, i) => ({ split: i > 0 && Math.random() < 0.5 ? 'train' : 'validation' })),
    listsTheSame.title,
    /the listing is another one (when it is asked again|where chance and time are others)/,
  ],
  [
    'splits by where the files lie',
    entries(({ id }, i, base) => ({
      split: sha256(Buffer.from(base + id))[0] < '8' && i > 0 ? 'train' : 'validation',
    })),
    listsTheSame.title,
    /where the same files lie in another folder/,
  ],
  [
    'sorts by age',
    (kept, base) => ({
      list: async () => {
        const { documents, skipped } = await kept.list();
        const ages = await Promise.all(
          documents.map(async (one) => ({
            one,
            age: (await stat(join(base, 'texts', one.id), { bigint: true })).mtimeNs,
          })),
        );
        return { documents: ages.sort((a, b) => (a.age < b.age ? -1 : 1)).map(({ one }) => one), skipped };
      },
    }),
    listsTheSame.title,
    /another one where the same files lie in another folder, written in another order/,
  ],
  [
    'takes paths from where the process works',
    entries(({ id }, _, base) => ({ id: relative(resolve('.'), join(base, id)).replaceAll('../', '') })),
    listsTheSame.title,
    /another one where (the process works in another folder|the same files lie)/,
  ],
  [
    'grows with every listing',
    (kept) => {
      const skipped: { id: string; reason: string }[] = [];
      return {
        list: async () => {
          skipped.push({ id: 'x', reason: 'seen' });
          return { ...(await kept.list()), skipped: [...skipped] };
        },
      };
    },
    listsTheSame.title,
    /another one when it is asked again/,
  ],
  [
    'reads the next document, whichever is asked for',
    (kept) => {
      let next = 0;
      return {
        read: async () => {
          const { documents } = await kept.list();
          return kept.read(documents[next++ % documents.length]);
        },
      };
    },
    readsInAnyOrder.title,
    /is read as other bytes in the opposite order\. Find it by its id/,
  ],
  [
    'reads what it listed itself alone',
    (kept) => {
      const known = new Map<string, DocumentEntry>();
      return {
        list: async () => {
          const found = await kept.list();
          for (const document of found.documents) known.set(document.id, document);
          return found;
        },
        read: async ({ id }) => kept.read(known.get(id)!),
      };
    },
    readsInAnyOrder.title,
    /threw while it was checked that it reads in any order/,
  ],
  [
    'gives out the memory that it keeps',
    (kept) => {
      const cache = new Map<string, Uint8Array>();
      return {
        read: async (document) => {
          const bytes = cache.get(document.id) ?? (await kept.read(document));
          cache.set(document.id, bytes);
          return bytes;
        },
      };
    },
    readsInAnyOrder.title,
    /is read as other bytes after a caller wrote into what was read/,
  ],
  [
    'reads any path',
    (_, base) => ({ read: ({ id }) => readFile(join(base, 'texts', '..', id)).catch(() => Buffer.from('nothing')) }),
    refusesOthers.title,
    /a document with an id that is not listed must be refused by a code, and 7 bytes were read/,
  ],
  [
    'reads outside its root',
    (kept, base) => ({
      read: async (document) =>
        document.id.startsWith('..') ? readFile(join(base, document.id)) : kept.read(document),
    }),
    refusesOthers.title,
    /with an id that leads out of the root must be refused by a code, and 17 bytes were read/,
  ],
  [
    'does not compare hashes',
    (kept, base) => ({
      read: async (document) => {
        const isListed = (await kept.list()).documents.some(({ id }) => id === document.id);
        return isListed ? readFile(join(base, 'texts', document.id)) : kept.read(document);
      },
    }),
    refusesOthers.title,
    /with the SHA-256 of other bytes must be refused by a code, and \d+ bytes were read/,
  ],
  [
    'falls over at a document that is not there',
    (_, base) => ({ read: ({ id }) => readFile(join(base, 'texts', id)) }),
    refusesOthers.title,
    /must be refused by a code, and it threw "ENOENT/,
  ],
  [
    'keeps an index beside the files',
    (kept, base) => ({
      list: async () => {
        const found = await kept.list();
        writeFileSync(join(base, 'index.json'), JSON.stringify(found));
        return found;
      },
    }),
    writesNothing.title,
    /files in the base directory changed/,
  ],
])('a dataset that %s is caught', async (_what, part, title, message) => {
  const failure = await failureOf(datasetContract, title, dataset('broken', part));
  expect(failure).toMatch(/^dataset "broken": /);
  expect(failure).toMatch(message);
});

test('an option that is read nowhere, and one that makes it fall over, are caught', async () => {
  const options = Type.Object({ share: Type.Number({ minimum: 0.1, maximum: 0.9, default: 0.4 }) });
  const idle = defineDataset({ name: 'idle', options, create: ({ baseDirectory }) => good(baseDirectory, 0.4) });
  expect([...(await failures(idle)).values()]).toEqual([
    expect.stringMatching(/option "share" changes neither what is listed nor what is read.*describeDatasetContract\(/),
  ]);
  const fragile = defineDataset({
    name: 'fragile',
    options,
    create: ({ baseDirectory }, { share }) => {
      if (share > 0.7) throw new RangeError('share too large');
      return good(baseDirectory, share);
    },
  });
  expect([...(await failures(fragile)).values()][0]).toMatch(/it with option "share" 0\.8 throws ".*share too large/);
});
