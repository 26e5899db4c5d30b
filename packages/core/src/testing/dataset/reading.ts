import { createHash } from 'node:crypto';
import { isForetokenError } from '@foretoken/engine/errors';
import type { Dataset, DocumentEntry } from '../../contracts/data.ts';
import { broken } from '../contract.ts';
import { type DatasetCase, type DatasetCheck, makeDataset } from './dataset-case.ts';
import { withFolders } from './sample-files.ts';

/** Prepared tokens are kept under the hashes of the listing: other bytes would stay there for good. */
export const readsWhatItLists: DatasetCheck = {
  title: 'reads the bytes that it listed: their number and their SHA-256',
  run: (of) =>
    withFolders(of.files, async ({ base }) => {
      const dataset = makeDataset(of, base);
      for (const document of (await dataset.list()).documents) checkBytes(of, document, await dataset.read(document));
    }),
};

function checkBytes(of: DatasetCase, { id, bytes, sha256 }: DocumentEntry, read: unknown): void {
  const who = `document ${JSON.stringify(id)}`;
  if (!(read instanceof Uint8Array)) {
    throw broken(
      of,
      `${who}: \`read\` must give a Uint8Array, gave ${Object.prototype.toString.call(read)}. Give its bytes.`,
    );
  }
  if (read.length !== bytes) {
    throw broken(of, `${who}: it has ${read.length} bytes and was listed with ${bytes}. List bytes, not characters.`);
  }
  if (hashOf(read) === sha256) return;
  throw broken(
    of,
    `${who}: its SHA-256 is ${hashOf(read)} and was listed as ${sha256}. Hash the bytes that \`read\` gives.`,
  );
}

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Documents are read one after the other, in an order of the framework's, and again by another process. */
export const readsInAnyOrder: DatasetCheck = {
  title: 'reads in any order, several at once, again, and without having listed; the bytes are the caller’s',
  run: (of) =>
    withFolders(of.files, async ({ base }) => {
      const dataset = makeDataset(of, base);
      const { documents } = await dataset.list();
      const first = await readAll(dataset, documents);
      const others: Record<string, () => Promise<Map<string, string>>> = {
        'in the opposite order': () => readAll(dataset, documents.toReversed()),
        'all at once': () => readAtOnce(dataset, documents),
        'by an object that has not listed': () => readAll(makeDataset(of, base), documents.toReversed()),
        'at once, by an object that has not listed': () => readAtOnce(makeDataset(of, base), documents),
        'after a caller wrote into what was read': async () => {
          for (const document of documents) (await dataset.read(document)).fill(0);
          return readAll(dataset, documents);
        },
      };
      for (const [how, read] of Object.entries(others)) {
        const again = await read();
        const id = documents.map((document) => document.id).find((one) => again.get(one) !== first.get(one));
        if (id === undefined) continue;
        throw broken(
          of,
          `document ${JSON.stringify(id)} is read as other bytes ${how}. Find it by its id at every \`read\`, share no position ` +
            'and no memory between calls, and list by yourself where that was not done.',
        );
      }
    }),
};

async function readAll(dataset: Dataset, documents: readonly DocumentEntry[]): Promise<Map<string, string>> {
  const read = new Map<string, string>();
  for (const document of documents) read.set(document.id, hashOf(await dataset.read(document)));
  return read;
}

async function readAtOnce(dataset: Dataset, documents: readonly DocumentEntry[]): Promise<Map<string, string>> {
  const all = await Promise.all(documents.map((document) => dataset.read(document)));
  return new Map(documents.map(({ id }, i) => [id, hashOf(all[i])]));
}

/** A listing may be another day's, and an id is no path to be trusted. */
export const refusesOthers: DatasetCheck = {
  title: 'refuses to read a document that it does not have, or that has other bytes than listed, by a code',
  run: (of) =>
    withFolders(of.files, async ({ base }) => {
      const dataset = makeDataset(of, base);
      const [document] = (await dataset.list()).documents;
      const wrong: Record<string, DocumentEntry> = {
        'with an id that is not listed': { ...document, id: 'no-such-document' },
        'with an id that leads out of the root': { ...document, id: '../secret.txt' },
        'with the SHA-256 of other bytes': { ...document, sha256: '0'.repeat(64) },
      };
      for (const [what, entry] of Object.entries(wrong)) {
        const got = await outcomeOf(dataset, entry);
        if (got === undefined) continue;
        throw broken(
          of,
          `a document ${what} must be refused by a code, ${got}. Look the id up in what was listed, compare the hash, and ` +
            "throw `new ForetokenError('DATA_CHANGED', ...)`.",
        );
      }
    }),
};

/** What came of a read that must be refused; undefined if it was. */
async function outcomeOf(dataset: Dataset, entry: DocumentEntry): Promise<string | undefined> {
  try {
    return `and ${(await dataset.read(entry)).length} bytes were read`;
  } catch (error) {
    return isForetokenError(error) ? undefined : `and it threw "${(error as Error).message}"`;
  }
}
