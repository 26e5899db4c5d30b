import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DiskOptions } from '../files/disk.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { folderFiles } from './folder-files.ts';
import { convertRecord } from './old-run.ts';
import { finishReplacement, replaceFolder, replacementOf } from './replace-folder.ts';

/** Of the folder, those that have a version. */
export const RECORDS = ['experiment.json', 'checkpoints/a.json'];

/** A folder of version 1 with all kinds of files. */
export function oldFolder() {
  const parent = temporaryFolder();
  const directory = join(parent, 'run');
  mkdirSync(join(directory, 'checkpoints/empty'), { recursive: true });
  for (const name of RECORDS) writeFileSync(join(directory, name), JSON.stringify({ formatVersion: 1, name }));
  writeFileSync(join(directory, 'checkpoints/notes.txt'), 'mine');
  writeFileSync(join(directory, 'gone.json'), '{}');
  return { parent, place: replacementOf(directory, 1, 2) };
}

/** How its files are written anew. */
export const conversionOf = (file: string) => {
  if (file === 'gone.json') return 'leave out' as const;
  return RECORDS.includes(file) ? convertRecord : undefined;
};

/** What `foretoken upgrade` does with a folder. */
export async function upgrade(place: ReturnType<typeof replacementOf>, options: DiskOptions = {}): Promise<void> {
  if (await finishReplacement(place, options)) return;
  await replaceFolder(place, { ...(await folderFiles(place.directory)), conversionOf }, options);
}

/** The whole of a folder: undefined, old, new, or what it is that is neither. */
export function stateOf(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const versions = RECORDS.map((name) => JSON.parse(read(name)).formatVersion);
  const isWhole = read('checkpoints/notes.txt') === 'mine' && existsSync(join(folder, 'checkpoints/empty'));
  if (isWhole && files.length === 4 && versions.every((version) => version === 1)) return 'old';
  if (isWhole && files.length === 3 && versions.every((version) => version === 2)) return 'new';
  return JSON.stringify({ files, versions });
}

/** States of the folder, its backup and what is ready. */
export const places = ({ directory, backup, ready }: ReturnType<typeof replacementOf>) =>
  [directory, backup, ready].map(stateOf);
