import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errno, readError } from '../files/disk.ts';

/**
 * Finds the npm package that a file belongs to: the `name` of the nearest `package.json` upwards that has one, so
 * that two versions or copies of one package count as the same.
 * @returns a function from a folder to the name; undefined outside any package
 */
export function packageNames(): (folder: string) => Promise<string | undefined> {
  const known = new Map<string, Promise<string | undefined>>();
  const nameOf = (folder: string): Promise<string | undefined> => {
    const before = known.get(folder);
    if (before !== undefined) return before;
    const name = nameIn(folder).then(
      (own) => own ?? (dirname(folder) === folder ? undefined : nameOf(dirname(folder))),
    );
    known.set(folder, name);
    return name;
  };
  return nameOf;
}

async function nameIn(folder: string): Promise<string | undefined> {
  const path = join(folder, 'package.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (errno(cause) === 'ENOENT' || errno(cause) === 'ENOTDIR' || errno(cause) === 'EISDIR') return undefined;
    throw readError(path, cause);
  }
  try {
    const { name } = JSON.parse(text) as { name?: unknown };
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    // Test suites of packages hold broken ones on purpose; such a file names nothing.
    return undefined;
  }
}
