import { didYouMean, ForetokenError } from '@foretoken/core';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Tables } from './database/tables.ts';
import { type Entry, type EntryKind, PARTS, type Part } from './entry.ts';
import type { Fact } from './facts.ts';
import { asNumber, type Filter, type Operator } from './filter.ts';

/** Which runs, in which order. */
export interface Query {
  readonly where?: readonly Filter[];
  /** Path to sort by; with `-` in front, largest first. Runs without a value come last. Default: by folder. */
  readonly sort?: string;
  readonly limit?: number;
}

/** A path with the part that it was found in. */
export interface FactKey {
  readonly part: Part;
  readonly key: string;
}

/**
 * The runs that meet every condition. Trainings that cells share are left out unless a condition is on `kind`.
 *
 * Paths and values are bound, never part of a statement.
 * @throws USAGE for a path that no run has a value at
 */
export async function selectEntries(index: Kysely<Tables>, { where = [], sort, limit }: Query): Promise<Entry[]> {
  let query = index.selectFrom('units').select(['id', 'kind', 'folder']);
  if (!where.some(({ path }) => path === 'kind' || path === 'run.kind')) query = query.where('kind', '!=', 'training');
  for (const filter of where) query = query.where(condition(filter, await findKey(index, filter.path)));
  if (sort !== undefined) {
    const isDescending = sort.startsWith('-');
    const value = factValue(await findKey(index, isDescending ? sort.slice(1) : sort));
    query = query.orderBy(sql`${value} is null`).orderBy(value, isDescending ? 'desc' : 'asc');
  }
  query = query.orderBy('folder').orderBy('id');
  const rows = await (limit === undefined ? query : query.limit(limit)).execute();
  return withFacts(index, rows);
}

/**
 * Which fact a path means: its part may stand in front (`results.training.steps`); without it, the first of run, config,
 * results and timings that any run has it in.
 * @throws USAGE naming the nearest path there is
 */
export async function findKey(index: Kysely<Tables>, path: string): Promise<FactKey> {
  const part = PARTS.find((one) => path.startsWith(`${one}.`));
  const meanings = [
    ...PARTS.map((one): FactKey => ({ part: one, key: path })),
    ...(part ? [{ part, key: path.slice(part.length + 1) }] : []),
  ];
  for (const meaning of meanings) {
    const found = await index
      .selectFrom('facts')
      .select('unit')
      .where('key', '=', meaning.key)
      .where('part', '=', meaning.part)
      .limit(1)
      .execute();
    if (found.length > 0) return meaning;
  }
  const known = await index.selectFrom('facts').select('key').distinct().execute();
  const hint = didYouMean(
    path,
    known.map(({ key }) => key),
  );
  throw new ForetokenError(
    'USAGE',
    `no run has a value at ${JSON.stringify(path)}.${hint} Use one that "foretoken runs --json" shows.`,
  );
}

function condition({ operator, value }: Filter, { part, key }: FactKey): RawBuilder<boolean> {
  const number = asNumber(value);
  const isEqual = sql`(value = ${value} or (type = 'number' and value = ${number ?? null}))`;
  const test =
    operator === '='
      ? isEqual
      : operator === '!='
        ? sql`not ${isEqual}`
        : sql`type = 'number' and value ${compared(operator)} ${number}`;
  return sql`exists (select 1 from facts where unit = units.id and part = ${part} and key = ${key} and ifnull(${test}, 0))`;
}

const compared = (operator: Exclude<Operator, '=' | '!='>): RawBuilder<unknown> =>
  sql.raw({ '>': '>', '>=': '>=', '<': '<', '<=': '<=' }[operator]);

const factValue = ({ part, key }: FactKey): RawBuilder<unknown> =>
  sql`(select value from facts where unit = units.id and part = ${part} and key = ${key})`;

async function withFacts(
  index: Kysely<Tables>,
  rows: readonly { readonly id: number; readonly kind: EntryKind; readonly folder: string }[],
): Promise<Entry[]> {
  const ids = JSON.stringify(rows.map(({ id }) => id));
  const facts = await index
    .selectFrom('facts')
    .selectAll()
    .where('unit', 'in', sql<number>`(select value from json_each(${ids}))`)
    .execute();
  const entries = rows.map(({ kind, folder }) => ({ kind, folder, facts: emptyFacts() }));
  const byId = new Map(rows.map(({ id }, i) => [id, entries[i]]));
  for (const { unit, part, key, type, value } of facts) {
    byId.get(unit)!.facts[part].set(key, type === 'boolean' ? value === 'true' : value);
  }
  return entries;
}

const emptyFacts = (): { [part in Part]: Map<string, Fact> } => ({
  run: new Map(),
  config: new Map(),
  results: new Map(),
  timings: new Map(),
});
