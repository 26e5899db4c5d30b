import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Catalogue, openCatalogue, parseFilter, type Query, type Refreshed } from '@foretoken/ablation/catalogue';
import { ForetokenError } from '@foretoken/core';
import type { SelectionOptions } from '../commands/runs.ts';
import { oneLine } from '../output/one-line.ts';
import type { CommandContext } from '../process/context.ts';

/** Where runs are unless told otherwise. */
export const RUNS_FOLDER = 'runs';
/** The file of an index in the folder that it is of. */
export const INDEX_FILE = 'index.sqlite';

/** Folders named before the rest are counted: a wrong folder may hold thousands. */
const NAMED = 10;

/**
 * Gives `use` the index, refreshed from its folders; the default one is made where it is missing.
 * @throws RUN_NOT_FOUND if there is no index and no folder `runs`
 */
export async function withCatalogue<T>(
  context: CommandContext,
  file: string | undefined,
  use: (catalogue: Catalogue) => Promise<T>,
): Promise<T> {
  const isNew = !existsSync(file ?? path.join(RUNS_FOLDER, INDEX_FILE));
  if (isNew && (file !== undefined || !existsSync(RUNS_FOLDER))) {
    const place = file === undefined ? 'there is no folder "runs" here' : `${file} is not there`;
    throw new ForetokenError(
      'RUN_NOT_FOUND',
      `${place}. Make an index with "foretoken index FOLDER", and name it with --index.`,
    );
  }
  const catalogue = await openCatalogue(file ?? path.join(RUNS_FOLDER, INDEX_FILE));
  try {
    saySkipped(context, await (isNew ? catalogue.rebuild([RUNS_FOLDER]) : catalogue.refresh()));
    return await use(catalogue);
  } finally {
    await catalogue.close();
  }
}

/** Names every folder that was left out, and why. */
export function saySkipped(context: CommandContext, { skipped }: Refreshed): void {
  for (const { message } of skipped.slice(0, NAMED)) context.say(`skipped: ${oneLine(message)}`);
  if (skipped.length > NAMED) context.say(`skipped: ${skipped.length - NAMED} more (foretoken index --json names all)`);
}

/** @throws USAGE for a condition that is none */
export const queryOf = ({ where = [], sort, limit }: SelectionOptions): Query => ({
  where: where.map(parseFilter),
  sort,
  limit,
});
