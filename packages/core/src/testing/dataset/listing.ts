import type { DatasetListing, DocumentEntry } from '../../contracts/data.ts';
import { notJson } from '../../plugins/not-json.ts';
import { broken } from '../contract.ts';
import { type DatasetCase, type DatasetCheck, makeDataset } from './dataset-case.ts';
import { withFolders } from './sample-files.ts';

/** The listing is the corpus: it goes into every run's manifest, and its hash names the prepared tokens. */
export const listsDocuments: DatasetCheck = {
  title: 'lists each document once, with a stable id, a split, a size and a SHA-256, and says why others were left out',
  run: (of) =>
    withFolders(of.files, async ({ base }) => {
      const listing = await makeDataset(of, base).list();
      const problem = notJson(listing, 'the listing');
      if (problem) throw broken(of, `a listing must survive JSON, and ${problem}. Give plain objects and lists.`);
      for (const document of listing.documents) checkEntry(of, document, base);
      for (const { id, reason } of listing.skipped) {
        if (isText(id) && isText(reason)) continue;
        throw broken(of, `what is left out needs an id and a reason, was ${JSON.stringify({ id, reason })}. Say both.`);
      }
      checkUnique(of, listing);
    }),
};

const isText = (value: unknown): boolean => typeof value === 'string' && value.length > 0;

function checkEntry(of: DatasetCase, { id, split, bytes, sha256 }: DocumentEntry, base: string): void {
  const refuse = (rule: string, mend: string) => broken(of, `document ${JSON.stringify(id)}: ${rule}. ${mend}`);
  if (!isText(id)) throw refuse('an id must be a text that is not empty', 'Give it one.');
  if (id.includes(base) || /^(\/|[A-Za-z]:[\\/])/.test(id)) {
    throw refuse('an id must not depend on where the files lie', 'Make it relative to the base directory, with `/`.');
  }
  if (id.split('/').includes('..'))
    throw refuse('an id must not lead out of the root', 'Check it with options that stay inside.');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\u0000-\u001f\\]/.test(id))
    throw refuse('an id must have neither backslash nor control characters', 'Join it with `/`.');
  if (split !== 'train' && split !== 'validation') {
    throw refuse(`split must be "train" or "validation", was ${JSON.stringify(split)}`, 'Give one of them.');
  }
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw refuse(`bytes must be an integer >= 1, was ${bytes}`, 'Leave out what is empty, and say so in `skipped`.');
  }
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw refuse(
      `sha256 must be 64 lower-case hex digits, was ${JSON.stringify(sha256)}`,
      'Hash the bytes that `read` gives.',
    );
  }
}

function checkUnique(of: DatasetCase, { documents, skipped }: DatasetListing): void {
  const ids = new Map<string, string>();
  const contents = new Map<string, string>();
  for (const { id, sha256 } of documents) {
    if (ids.has(id)) throw broken(of, `two documents have the id ${JSON.stringify(id)}. Add what tells them apart.`);
    ids.set(id, sha256);
    const same = contents.get(sha256);
    if (same !== undefined) {
      throw broken(
        of,
        `documents ${JSON.stringify(same)} and ${JSON.stringify(id)} have the same bytes: held-out text would be trained on. ` +
          'Keep one, and say in `skipped` which the other was.',
      );
    }
    contents.set(sha256, id);
  }
  const both = skipped.find(({ id }) => ids.has(id));
  if (both) throw broken(of, `document ${JSON.stringify(both.id)} is listed and left out at once. Decide for one.`);
}

/** Without held-out text nothing is measured. */
export const holdsOut: DatasetCheck = {
  title: 'has documents to train on and documents to hold out',
  run: (of) =>
    withFolders(of.files, async ({ base }) => {
      const { documents } = await makeDataset(of, base).list();
      const lacking = (['train', 'validation'] as const).find((split) => documents.every((one) => one.split !== split));
      if (lacking === undefined) return;
      throw broken(
        of,
        `none of its ${documents.length} documents is for "${lacking}". Split by a hash of the id, and refuse what cannot be ` +
          'split with DATA_EMPTY.',
      );
    }),
};
