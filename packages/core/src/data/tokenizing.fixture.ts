import { expect } from 'vitest';
import type { Disk } from '../files/disk.ts';
import { bytesTokenizer } from './bytes-tokenizer.ts';
import { readTokenCache, SPLITS, type TokenizingJob, tokenFileName } from './token-cache.ts';

const TEXTS = { train: ['abcd', 'efg'], validation: ['hij'] };

const documents = SPLITS.flatMap((split) =>
  TEXTS[split].map((text, index) => ({ id: `${split} ${index}`, split, bytes: text.length, sha256: text, text })),
);

/** Of bytes as they are, in the order of the documents. */
export const tokenizingJob: TokenizingJob = {
  dataset: {
    list: async () => ({ documents, skipped: [] }),
    read: async ({ id }) => Buffer.from(documents.find((each) => each.id === id)!.text),
  },
  tokenizer: bytesTokenizer.create({}, {}),
  listing: { documents, skipped: [] },
  manifest: { contentHash: '0'.repeat(64), dataset: 'texts', tokenizer: 'bytes', vocabulary: 256, skipped: [] },
};

/** A folder holds the tokens of {@link tokenizingJob}, whole. */
export async function expectTokens(folder: string, disk: Disk): Promise<void> {
  expect((await readTokenCache(folder, { disk }))?.documents.map(({ tokens }) => tokens)).toEqual([4, 3, 3]);
  for (const split of SPLITS) {
    const bytes = await (await disk.open(`${folder}/${tokenFileName(split)}`, 'r')).readFile('latin1');
    expect(bytes).toBe(TEXTS[split].join(''));
  }
}
