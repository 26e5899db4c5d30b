import path from 'node:path';
import type { Catalogue, Entry, Fact, FactKey } from '@foretoken/ablation/catalogue';
import type { RunsOptions } from '../commands/runs.ts';
import { oneLine } from '../output/one-line.ts';
import { formatTable } from '../output/table.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { factText } from './fact-text.ts';
import { queryOf, withCatalogue } from './open-runs.ts';

/** Shown of every run that has it. */
const COLUMNS: readonly FactKey[] = [
  { part: 'run', key: 'arm' },
  { part: 'run', key: 'seed' },
  { part: 'run', key: 'status' },
  { part: 'config', key: 'model.head.name' },
  { part: 'config', key: 'model.head.horizon' },
  { part: 'results', key: 'metrics.step' },
  { part: 'results', key: 'metrics.loss' },
  { part: 'results', key: 'bits-per-byte.bitsPerByte' },
];

/** Lists runs. */
export async function run(context: CommandContext, _: readonly string[], options: RunsOptions): Promise<number> {
  const query = queryOf(options);
  return withCatalogue(context, options.index, async (catalogue) => {
    const entries = await catalogue.select(query);
    if (context.isJson) context.printJson(entries.map(asJson));
    else for (const line of linesOf(entries, await columnsOf(catalogue, options))) context.print(line);
    return EXIT.done;
  });
}

/** Values by part and path; JSON.stringify writes own properties alone, so a path `__proto__` is one like any other. */
const asJson = ({ kind, folder, facts }: Entry): object => ({
  ...{ kind, folder },
  ...Object.fromEntries(Object.entries(facts).map(([part, values]) => [part, Object.fromEntries(values)])),
});

/** The usual columns and those that were asked for, sorted by or chosen by. */
async function columnsOf(catalogue: Catalogue, options: RunsOptions): Promise<FactKey[]> {
  if (options.columns) return Promise.all(options.columns.map((name) => catalogue.find(name)));
  const { where = [], sort } = queryOf(options);
  const asked = [...where.map((filter) => filter.path), ...(sort === undefined ? [] : [sort.replace(/^-/, '')])];
  const found = await Promise.all(asked.map((name) => catalogue.find(name)));
  const isNew = ({ part, key }: FactKey, i: number, all: readonly FactKey[]) =>
    all.findIndex((other) => other.part === part && other.key === key) === i;
  return [...COLUMNS, ...found].filter(isNew);
}

function linesOf(entries: readonly Entry[], columns: readonly FactKey[]): string[] {
  if (entries.length === 0) return ['no runs'];
  const values = (column: FactKey): (Fact | undefined)[] =>
    entries.map(({ facts }) => facts[column.part].get(column.key));
  const shown = columns.filter((column) => values(column).some((value) => value !== undefined));
  const isNumber = (column: FactKey) => values(column).every((value) => typeof value !== 'string');
  return formatTable(
    [
      { title: 'folder' },
      ...shown.map((column) => ({
        title: oneLine(column.key),
        align: isNumber(column) ? ('right' as const) : ('left' as const),
      })),
    ],
    entries.map(({ folder, facts }) => [
      oneLine(path.relative('', folder)),
      ...shown.map(({ part, key }) => factText(facts[part].get(key))),
    ]),
  );
}
