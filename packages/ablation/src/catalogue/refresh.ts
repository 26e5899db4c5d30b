import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from './database/tables.ts';
import { type Entry, PARTS, type Skipped } from './entry.ts';
import type { FoundUnits } from './folders/find-units.ts';
import type { Unit } from './folders/unit.ts';
import { skippedOf } from './skipped.ts';

/** What reading the folders again changed. */
export interface Refreshed {
  /** In the index now. */
  readonly entries: number;
  /** Read because they were new or had changed. */
  readonly read: number;
  /** Looks like a run, cannot be read as one, and is not in the index. */
  readonly skipped: readonly Skipped[];
}

/** Folders that are read at the same time. */
const AT_ONCE = 16;

/**
 * Makes an index say what the folders say, in one transaction: whoever reads meanwhile, or after a kill, sees the old index.
 *
 * A folder whose files are as they were is not read again.
 */
export async function refreshIndex(index: Kysely<Tables>, { units, skipped }: FoundUnits): Promise<Refreshed> {
  const known = await index.selectFrom('units').select(['key', 'fingerprint']).execute();
  const before = new Map(known.map((row) => [row.key, row.fingerprint]));
  const changed = units.filter(({ key, fingerprint }) => before.get(key) !== fingerprint);
  const { entries, failures } = await readUnits(changed);
  const present = new Set(units.map(({ key }) => key));
  const gone = known.map(({ key }) => key).filter((key) => !present.has(key));
  // Changed ones are removed by key even if they were not known: another process may have added them since.
  const removed = [...gone, ...changed.map(({ key }) => key)];
  if (removed.length > 0) {
    await index.transaction().execute(async (transaction) => {
      await remove(transaction, removed);
      for (const [unit, entry] of entries) await insert(transaction, unit, entry);
    });
  }
  return {
    entries: units.length - failures.length,
    read: entries.length,
    skipped: [...skipped, ...failures],
  };
}

async function readUnits(units: readonly Unit[]): Promise<{ entries: [Unit, Entry][]; failures: Skipped[] }> {
  const entries: [Unit, Entry][] = [];
  const failures: Skipped[] = [];
  const readOne = async (unit: Unit): Promise<Entry | Skipped> =>
    unit.read().catch((error: unknown) => skippedOf(unit.folder, error));
  for (let from = 0; from < units.length; from += AT_ONCE) {
    const some = units.slice(from, from + AT_ONCE);
    for (const [i, outcome] of (await Promise.all(some.map(readOne))).entries()) {
      if ('facts' in outcome) entries.push([some[i], outcome]);
      else failures.push(outcome);
    }
  }
  return { entries, failures };
}

async function remove(index: Transaction<Tables>, keys: readonly string[]): Promise<void> {
  const listed = sql<string>`(select value from json_each(${JSON.stringify(keys)}))`;
  const units = index.selectFrom('units').select('id').where('key', 'in', listed);
  await index.deleteFrom('facts').where('unit', 'in', units).execute();
  await index.deleteFrom('units').where('key', 'in', listed).execute();
}

/** All facts of a run go in with one statement: a statement each would take ten times as long. */
async function insert(index: Transaction<Tables>, { key, folder, fingerprint }: Unit, entry: Entry): Promise<void> {
  const { id } = await index
    .insertInto('units')
    .values({ key, folder, fingerprint, kind: entry.kind })
    .returning('id')
    .executeTakeFirstOrThrow();
  const facts = JSON.stringify(Object.fromEntries(PARTS.map((part) => [part, Object.fromEntries(entry.facts[part])])));
  await sql`
    insert into facts (unit, part, key, type, value)
    select ${id}, part.key, fact.key,
      case when fact.type in ('integer', 'real') then 'number' when fact.type in ('true', 'false') then 'boolean' else 'text' end,
      case when fact.type in ('integer', 'real') then cast(fact.value as real)
        when fact.type in ('true', 'false') then fact.type else fact.value end
    from json_each(${facts}) as part, json_each(part.value) as fact`.execute(index);
}
