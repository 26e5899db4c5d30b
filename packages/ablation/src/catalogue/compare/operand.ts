import { stat } from 'node:fs/promises';
import path from 'node:path';
import { ForetokenError } from '@foretoken/core';
import type { Entry } from '../entry.ts';

/** One side of a comparison: a run, or the seeds of an arm. */
export interface Side {
  readonly label: string;
  /** At least one; several are seeds of one arm. */
  readonly entries: readonly Entry[];
}

/** Shortest start of a cell's id that is taken for one. */
const SHORTEST_ID = 6;

/**
 * What someone means by a word: the folder of a run or cell, an arm, the start of a cell's id, or the name of a run.
 *
 * @param ablation - only arms and cells of the ablation in this folder
 * @throws USAGE if nothing or more than one thing is meant
 */
export async function findSide(
  word: string,
  all: readonly Entry[],
  { ablation }: { readonly ablation?: string } = {},
): Promise<Side> {
  const entries =
    ablation === undefined ? all : all.filter((entry) => textOf(entry, 'ablation') === path.resolve(ablation));
  const cells = entries.filter(({ kind }) => kind === 'cell');
  const meanings = [
    ablation === undefined && (await isFolder(word))
      ? entries.filter(({ folder }) => folder === path.resolve(word)).slice(0, 1)
      : [],
    cells.filter((entry) => textOf(entry, 'arm') === word),
    word.length < SHORTEST_ID ? [] : cells.filter((entry) => textOf(entry, 'cell')?.startsWith(word)),
    entries.filter((entry) => entry.kind === 'run' && textOf(entry, 'name') === word),
  ];
  const found = meanings.find((meaning) => meaning.length > 0);
  if (!found) throw notFound(word, entries);
  const isArm = found === meanings[1];
  const folders = new Set(found.map((entry) => (isArm ? textOf(entry, 'ablation') : entry.folder)));
  if (folders.size > 1) throw ambiguous(word, [...folders] as string[], isArm);
  return { label: word, entries: isArm ? found : found.slice(0, 1) };
}

function textOf({ facts: { run } }: Entry, key: string): string | undefined {
  const value = run.get(key);
  return typeof value === 'string' ? value : undefined;
}

async function isFolder(word: string): Promise<boolean> {
  const found = await stat(word).catch(() => undefined);
  return found?.isDirectory() ?? false;
}

function notFound(word: string, entries: readonly Entry[]): ForetokenError {
  const arms = [...new Set(entries.map((entry) => textOf(entry, 'arm')).filter((arm) => arm !== undefined))].slice(
    0,
    10,
  );
  const hint = arms.length > 0 ? ` Arms: ${arms.map((arm) => JSON.stringify(arm)).join(', ')}.` : '';
  return new ForetokenError(
    'USAGE',
    `${JSON.stringify(word)} is no folder, arm, cell or run of this index.${hint} "foretoken runs" lists all.`,
  );
}

function ambiguous(word: string, folders: readonly string[], isArm: boolean): ForetokenError {
  const next = isArm ? 'Name one with --ablation' : 'Name one by its folder';
  return new ForetokenError(
    'USAGE',
    `${JSON.stringify(word)} is in several places: ${folders.slice(0, 5).join(', ')}. ${next}.`,
  );
}
