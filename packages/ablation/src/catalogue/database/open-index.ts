import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { ForetokenError } from '@foretoken/core';
import { refuseInterrupted } from '@foretoken/core/training';
import { Kysely, SqliteDialect } from 'kysely';
import { openSqlite, type Sqlite, type SqliteDriver } from './open-sqlite.ts';
import { APPLICATION_ID, CREATE_TABLES, INDEX_VERSION, type Tables } from './tables.ts';

/** Another process may be refreshing the same index: it is done in seconds. */
const BUSY_TIMEOUT_MS = 30_000;
const MAGIC = 'SQLite format 3\0';

/** Options of {@link openIndex}. */
export interface IndexOptions {
  /** Default: Node's own SQLite where it has one. */
  readonly driver?: SqliteDriver;
}

/**
 * Opens an index file, making it (or, if an older release made it, making it anew) as needed.
 *
 * @throws RUN_NOT_FOUND if its folder is not there; FORMAT_VERSION if a newer release made it; FILE_CORRUPT if it is something else, which is left as it is; FILE_WRITE
 */
export async function openIndex(file: string, { driver }: IndexOptions = {}): Promise<Kysely<Tables>> {
  await checkMagic(file);
  await checkFolder(path.dirname(file));
  let database: Sqlite | undefined;
  try {
    database = openSqlite(file, driver);
    database.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
    prepareTables(file, database);
    return new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
  } catch (cause) {
    database?.close();
    throw indexError(file, cause);
  }
}

/** Wraps what SQLite throws: whatever is wrong with an index, it can be deleted. */
export function indexError(file: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof ForetokenError) return cause;
  const isCorrupt = /malformed|not a database|corrupt|no such (table|column)/i.test(cause.message);
  return new ForetokenError(
    isCorrupt ? 'FILE_CORRUPT' : 'FILE_WRITE',
    `the index ${file} cannot be used: ${cause.message.trim()}. Delete it and run "foretoken index": it holds nothing that the runs do not.`,
    { cause },
  );
}

function prepareTables(file: string, database: Sqlite): void {
  if (isReady(file, database)) return;
  database.exec('begin immediate');
  // Another process may have made them while this one waited.
  if (!isReady(file, database)) {
    database.exec(
      `drop table if exists facts; drop table if exists units; drop table if exists roots; ${CREATE_TABLES}`,
    );
  }
  database.exec('commit');
}

function isReady(file: string, database: Sqlite): boolean {
  const [application, version, schema] = ['application_id', 'user_version', 'schema_version'].map((name) =>
    Number(Object.values(database.prepare(`pragma ${name}`).all([])[0] as object)[0]),
  );
  if (schema > 0 && application !== APPLICATION_ID) throw notOurs(file, 'it is a database of another program');
  if (version <= INDEX_VERSION) return schema > 0 && version === INDEX_VERSION;
  throw new ForetokenError(
    'FORMAT_VERSION',
    `the index ${file} has version ${version}; this release reads up to ${INDEX_VERSION}. Use the newer release, or delete the file and run "foretoken index": it holds nothing that the runs do not.`,
  );
}

async function checkMagic(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  // Whoever opened a pipe would wait for its other end; and a folder of runs is nothing to delete.
  if (found && !found.isFile()) throw notOurs(file, 'it is no file', '');
  const handle = await open(file, 'r').catch(() => undefined);
  if (!handle) return;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0);
    if (bytesRead > 0 && buffer.toString('latin1', 0, bytesRead) !== MAGIC) throw notOurs(file, 'it is no database');
  } finally {
    await handle.close();
  }
}

const notOurs = (file: string, why: string, orElse = ', or delete it'): ForetokenError =>
  new ForetokenError(
    'FILE_CORRUPT',
    `${file} is not an index of runs: ${why}. Choose another file with --index${orElse}.`,
  );

/**
 * Makes sure that a folder is there.
 * @throws RUN_NOT_FOUND
 */
export async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return;
  refuseInterrupted(folder);
  throw new ForetokenError('RUN_NOT_FOUND', `${folder} is no folder. Name the folders that hold runs and ablations.`);
}
