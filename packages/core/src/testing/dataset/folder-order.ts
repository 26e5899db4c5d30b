import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Calls that give what is in a folder, each in its own way. */
type Lister = 'readdir' | 'readdirSync';

/**
 * Runs `work` on a file system that lists every folder backwards: no order of names can be relied on.
 *
 * For the whole process, while `work` runs; asynchronous listings are turned around as they arrive.
 */
export async function inReversedFolders<T>(work: () => Promise<T>): Promise<T> {
  const before = { readdir: fs.readdir, readdirSync: fs.readdirSync, promised: fs.promises.readdir };
  const set = (name: Lister, value: unknown) => Object.assign(fs, { [name]: value });
  set('readdir', (...given: unknown[]) => {
    const callback = given.at(-1) as (error: unknown, entries?: unknown[]) => void;
    const reversed = (error: unknown, entries?: unknown[]) => callback(error, entries?.toReversed());
    (before.readdir as (...given: unknown[]) => void)(...given.slice(0, -1), reversed);
  });
  set('readdirSync', (...given: unknown[]) =>
    (before.readdirSync as (...given: unknown[]) => unknown[])(...given).toReversed(),
  );
  Object.assign(fs.promises, {
    readdir: async (...given: unknown[]) =>
      (await (before.promised as (...given: unknown[]) => Promise<unknown[]>)(...given)).toReversed(),
  });
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    set('readdir', before.readdir);
    set('readdirSync', before.readdirSync);
    Object.assign(fs.promises, { readdir: before.promised });
    syncBuiltinESMExports();
  }
}
