import type { Generated } from 'kysely';
import type { EntryKind, Part } from '../entry.ts';

/** The index: one row per unit, one per value. Whatever it holds can be read from the folders again. */
export interface Tables {
  readonly units: {
    readonly id: Generated<number>;
    readonly key: string;
    readonly folder: string;
    readonly kind: EntryKind;
    readonly fingerprint: string;
  };
  readonly facts: {
    readonly unit: number;
    readonly part: Part;
    readonly key: string;
    readonly type: 'number' | 'text' | 'boolean';
    /** Booleans as `true` and `false`. */
    readonly value: number | string;
  };
  /** Folders that were searched, relative to the index's, so that both may move together. */
  readonly roots: { readonly folder: string };
}

/** Raised with every change of the tables; an older index is made anew, a newer one refused. */
export const INDEX_VERSION = 1;

/** Tells an index from any other SQLite database: "Frtk". */
export const APPLICATION_ID = 0x4672_746b;

/** Makes the tables in an empty database. `facts.value` has no type, so that a number stays one. */
export const CREATE_TABLES = `
  create table units (id integer primary key, key text not null unique, folder text not null, kind text not null,
    fingerprint text not null);
  create table facts (unit integer not null, part text not null, key text not null, type text not null, value not null,
    primary key (unit, part, key)) without rowid;
  create index facts_by_key on facts (key, part, value);
  create table roots (folder text not null unique);
  pragma application_id = ${APPLICATION_ID};
  pragma user_version = ${INDEX_VERSION};`;
