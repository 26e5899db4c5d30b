import path from 'node:path';
import type { Kysely } from 'kysely';
import { checkFolder, type IndexOptions, indexError, openIndex } from './database/open-index.ts';
import type { Tables } from './database/tables.ts';
import type { Entry } from './entry.ts';
import { findUnits } from './folders/find-units.ts';
import { type FactKey, findKey, type Query, selectEntries } from './query.ts';
import { type Refreshed, refreshIndex } from './refresh.ts';

/** The runs of some folders, as an index over their records: the folders alone say what is true. */
export interface Catalogue {
  /** The index's file. */
  readonly file: string;
  /**
   * Reads all folders anew, and remembers which they are.
   * @throws RUN_NOT_FOUND if one is no folder
   */
  rebuild(folders: readonly string[]): Promise<Refreshed>;
  /** Reads what changed since in the folders of the last rebuild; without one, in the folder of the index. */
  refresh(): Promise<Refreshed>;
  /** @throws USAGE for a path that no run has a value at */
  select(query?: Query): Promise<Entry[]>;
  /** @throws USAGE for a path that no run has a value at */
  find(path: string): Promise<FactKey>;
  close(): Promise<void>;
}

/**
 * Opens the index in a file, making it if it is not there. It may be deleted at any time.
 *
 * @throws FORMAT_VERSION if a newer release made it; FILE_CORRUPT if it is no index; FILE_WRITE
 */
export async function openCatalogue(file: string, options: IndexOptions = {}): Promise<Catalogue> {
  const absolute = path.resolve(file);
  const index = await openIndex(absolute, options);
  const use = <T>(work: (index: Kysely<Tables>) => Promise<T>): Promise<T> =>
    work(index).catch((cause: unknown) => {
      throw indexError(absolute, cause);
    });
  return {
    file: absolute,
    rebuild: (folders) => use((opened) => rebuild(opened, absolute, folders)),
    refresh: () => use((opened) => refresh(opened, absolute)),
    select: (query = {}) => use((opened) => selectEntries(opened, query)),
    find: (name) => use((opened) => findKey(opened, name)),
    close: () => index.destroy(),
  };
}

async function rebuild(index: Kysely<Tables>, file: string, folders: readonly string[]): Promise<Refreshed> {
  const roots = folders.map((folder) => path.resolve(folder));
  for (const root of roots) await checkFolder(root);
  await index.transaction().execute(async (transaction) => {
    await transaction.updateTable('units').set({ fingerprint: '' }).execute();
    await transaction.deleteFrom('roots').execute();
    const relative = [...new Set(roots)].map((root) => ({ folder: path.relative(path.dirname(file), root) }));
    await transaction.insertInto('roots').values(relative).execute();
  });
  return refreshIndex(index, await findUnits(roots));
}

async function refresh(index: Kysely<Tables>, file: string): Promise<Refreshed> {
  const own = path.dirname(file);
  const roots = await index.selectFrom('roots').select('folder').execute();
  const folders = roots.map(({ folder }) => path.resolve(own, folder));
  return refreshIndex(index, await findUnits(folders.length > 0 ? folders : [own]));
}
