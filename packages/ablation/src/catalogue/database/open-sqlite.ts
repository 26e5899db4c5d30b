import { createRequire } from 'node:module';
import type { SqliteDatabase, SqliteStatement } from 'kysely';

/** What `node:sqlite` and libsql have in common. */
interface Connection {
  prepare(sql: string): Statement;
  exec(sql: string): void;
  close(): void;
}

interface Statement {
  all(...parameters: unknown[]): unknown[];
  run(...parameters: unknown[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint };
}

/** A SQLite database as kysely takes it, with `exec` for statements without parameters. */
export interface Sqlite extends SqliteDatabase {
  exec(sql: string): void;
}

/** Which library carries SQLite in this process. */
export type SqliteDriver = 'node:sqlite' | 'libsql';

/** Node's own from 22.13 on, else libsql. */
export const defaultDriver = (): SqliteDriver => (nodeSqlite() ? 'node:sqlite' : 'libsql');

/**
 * Opens a database file, making it if it is not there.
 * @throws what the library throws, if the folder is not there or the file cannot be opened
 */
export function openSqlite(file: string, driver: SqliteDriver = defaultDriver()): Sqlite {
  const connection = driver === 'node:sqlite' ? new (nodeSqlite()!.DatabaseSync)(file) : new (libsql())(file);
  const isNode = driver === 'node:sqlite';
  return {
    exec: (sql) => connection.exec(sql),
    close: () => connection.close(),
    prepare: (sql) => statementOf(connection.prepare(sql), sql, isNode),
  };
}

/** libsql takes the parameters as one array: its list of arguments is read as an object if the first one is null. */
function statementOf(statement: Statement, sql: string, isNode: boolean): SqliteStatement {
  const given = (parameters: readonly unknown[]) => (isNode ? parameters : [parameters]);
  const all = (parameters: readonly unknown[]) => statement.all(...given(parameters));
  return {
    reader: /^\s*(select|with|pragma)\b|\breturning\b/i.test(sql),
    all,
    run: (parameters) => statement.run(...given(parameters)),
    iterate: (parameters) => all(parameters)[Symbol.iterator](),
  };
}

function nodeSqlite(): { readonly DatabaseSync: new (file: string) => Connection } | undefined {
  return process.getBuiltinModule('node:sqlite') as ReturnType<typeof nodeSqlite>;
}

/** Loaded only where it is needed: its binary exists for fewer machines than Node. */
function libsql(): new (file: string) => Connection {
  return createRequire(import.meta.url)('libsql') as ReturnType<typeof libsql>;
}
