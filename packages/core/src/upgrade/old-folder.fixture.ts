import { join } from 'node:path';
import { type Disk, errno } from '../files/disk.ts';
import { readJson, writeJson } from '../files/json-file.ts';
import { writeNewFile } from '../files/write-file-atomic.ts';
import { convertRecord } from './old-run.ts';
import { finishReplacement, replaceFolder, replacementOf } from './replace-folder.ts';

/** Of the folder, those that have a version. */
const RECORDS = ['experiment.json', 'checkpoints/step.json'];

/** Of it, those that stay as they are. */
const NOTES = ['checkpoints/notes.txt', 'notes.txt'];

const FOLDERS = ['checkpoints', 'checkpoints/empty'];

/** Has no successor. */
const GONE = 'gone.json';

const placeIn = (parent: string) => replacementOf(`${parent}/a`, 1, 2);

/** Makes a folder of version 1 with all kinds of files, `a`, in one that is not there yet. */
export async function makeOldFolder(disk: Disk, parent: string): Promise<void> {
  const { directory } = placeIn(parent);
  for (const folder of [parent, directory, ...FOLDERS.map((name) => join(directory, name))]) await disk.mkdir(folder);
  for (const name of [...RECORDS, GONE]) await writeJson(join(directory, name), { formatVersion: 1, name }, { disk });
  for (const name of NOTES) await writeNewFile(join(directory, name), [Buffer.from(name)], { disk });
}

/** Does with it what `foretoken upgrade` does. */
export async function upgradeOldFolder(disk: Disk, parent: string): Promise<void> {
  const place = placeIn(parent);
  if (await finishReplacement(place, { disk })) return;
  const record = await readJson(join(place.directory, RECORDS[0]), { version: 'any', disk });
  if (record.formatVersion === 2) return;
  const conversionOf = (file: string) =>
    file === GONE ? ('leave out' as const) : RECORDS.includes(file) ? convertRecord : undefined;
  const files = [...RECORDS, GONE, ...NOTES].sort();
  await replaceFolder(place, { folders: FOLDERS, files, conversionOf }, { disk });
}

/**
 * What the folder, its backup and what is ready are: undefined, old, new, or the files of what is neither; then the names
 * of whatever else is beside them.
 */
export async function statesOf(disk: Disk, parent: string): Promise<(string | undefined)[]> {
  const { directory, backup, ready } = placeIn(parent);
  const known = [directory, backup, ready];
  const names = (await disk.readdir(parent)).map((name) => join(parent, name));
  const states = await Promise.all(known.map((folder) => stateOf(disk, folder)));
  return [...states, ...names.filter((name) => !known.includes(name))];
}

async function stateOf(disk: Disk, folder: string): Promise<string | undefined> {
  const found = await contentOf(disk, folder);
  if (found === undefined) return undefined;
  const whole = (version: number, names: readonly string[]) => [
    ...names.map((name) => [name, JSON.stringify({ formatVersion: version, name })]),
    ...NOTES.map((name) => [name, name]),
    ['checkpoints/empty/', ''],
  ];
  const isSame = (wanted: readonly string[][]) => String([...wanted].sort()) === String([...found].sort());
  if (isSame(whole(1, [...RECORDS, GONE]))) return 'old';
  return isSame(whole(2, RECORDS)) ? 'new' : JSON.stringify(found);
}

/** Files with their text, JSON without its spaces, and empty folders. */
async function contentOf(disk: Disk, folder: string): Promise<string[][] | undefined> {
  const names = await disk.readdir(folder).catch((cause: unknown) => {
    if (errno(cause) !== 'ENOENT') throw cause;
    return undefined;
  });
  const found = (names ?? []).map(async (name) => {
    const path = join(folder, name);
    if (!(await disk.stat(path)).isDirectory()) {
      const text = await (await disk.open(path, 'r')).readFile('utf8');
      return [[name, text.startsWith('{') ? text.replace(/\s/g, '') : text]];
    }
    const inside = await contentOf(disk, path);
    return inside?.length ? inside.map(([each, text]) => [`${name}/${each}`, text]) : [[`${name}/`, '']];
  });
  return names && (await Promise.all(found)).flat();
}
