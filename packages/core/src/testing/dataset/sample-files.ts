import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const text = (number: number) => `Document ${number}: ${'größe, 深度. '.repeat(1 + (number % 5))}\n`;
const rows = (ids: readonly number[]) =>
  ids.map((id) => JSON.stringify({ title: `title ${id}`, text: `row ${id}: ${'äb\n'.repeat(id + 1)}` })).join('\n');
const numbers = Array.from({ length: 12 }, (_, i) => i);

/**
 * Files for a dataset to find: `texts/*.txt` in two folders, with names that sort differently by locale and by code, one
 * empty, one binary, one twice; and the lines of `rows.jsonl` and `more/rows.jsonl`, with `title` and `text`, two of them alike.
 */
export const SAMPLE_FILES: Readonly<Record<string, string | Uint8Array>> = {
  ...Object.fromEntries(numbers.map((i) => [`texts/${i % 2 ? 'B' : 'a'}/${'äZb'[i % 3]}${i}.txt`, text(i)])),
  'texts/a/copy.txt': text(3),
  'texts/empty.txt': '',
  'texts/image.txt': Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff]),
  'rows.jsonl': rows([...numbers, 3]),
  'more/rows.jsonl': rows([20, 21, 22, 23]),
};

/** Where files lie while a check runs. */
export interface SampleFolders {
  /** Holds the files; its name has spaces and the signs of glob patterns. */
  readonly base: string;
  /** The same files, written in the opposite order, in a folder of another name. */
  readonly other: string;
}

/** Runs `work` on fresh folders with these files, and removes them. */
export async function withFolders<T>(
  files: Readonly<Record<string, string | Uint8Array>>,
  work: (folders: SampleFolders) => T | Promise<T>,
): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), 'foretoken-contract-'));
  try {
    const folders = { base: join(root, 'a base [1] (ä) {x,y}'), other: join(root, 'other') };
    const entries = Object.entries(files);
    for (const [folder, order] of [
      [folders.base, entries],
      [folders.other, entries.toReversed()],
    ] as const) {
      mkdirSync(folder);
      for (const [name, content] of order) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), content);
      }
    }
    writeFileSync(join(root, 'secret.txt'), 'not of the corpus');
    return await work(folders);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** What lies in a folder: names, contents and when each was written. */
export function contentsOf(folder: string): string {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const lines = entries.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return `${path} ${statSync(path).mtimeMs} ${entry.isFile() ? readFileSync(path).toString('hex') : ''}`;
  });
  return lines.sort().join('\n');
}
