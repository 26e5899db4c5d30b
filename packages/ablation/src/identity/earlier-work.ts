import { type Experiment, experimentHash, ForetokenError, readJson } from '@foretoken/core';
import type { Cell } from '../matrix/cells.ts';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import { type AblationStore, exists } from '../run/ablation-store.ts';
import type { CellRecord } from '../run/cell-record.ts';
import { changesOf } from './changes.ts';
import type { CodeHashes } from './hash-package.ts';

/** A planned cell that was done with other code or on another engine. That result stays where it is, and counts for nothing. */
export interface StaleCell {
  /** Of the planned cell, which has no result. */
  readonly id: string;
  /** Of the result that is there. */
  readonly record: string;
  /** What is not as it was then, each in words. */
  readonly changed: readonly string[];
}

/** Stale cells in one line. */
export interface StaleSummary {
  readonly cells: number;
  /** Everything that changed for any of them. */
  readonly changed: readonly string[];
}

/** How many cells are stale, and why. */
export function summarizeStale(stale: ReadonlyMap<string, StaleCell>): StaleSummary {
  const changed = new Set([...stale.values()].flatMap((cell) => cell.changed));
  return { cells: stale.size, changed: [...changed].sort() };
}

/**
 * Looks at what the folder of an ablation holds from before, and refuses what must not be added to it.
 *
 * @returns the planned cells whose only results are of other code or another engine, by id
 * @throws FORMAT_VERSION if another release wrote the folder
 * @throws RUN_MISMATCH if its results were scored over fewer offsets than this plan's would be
 */
export async function readEarlierWork(
  { cells }: Pick<AblationPlan, 'cells'>,
  store: AblationStore,
): Promise<ReadonlyMap<string, StaleCell>> {
  if (await exists(store.paths.plan)) await readJson(store.paths.plan);
  const others = await store.readOthers(new Set(cells.map(({ id }) => id)));
  if (others.length === 0) return new Map();
  const left = await withoutResult(cells, store);
  if (left.length === cells.length) refuseLargerMaxOffset(cells, others, store.paths.root);
  return staleCells(left, others);
}

async function withoutResult(cells: readonly Cell[], store: AblationStore): Promise<Cell[]> {
  const records = await Promise.all(cells.map(({ id }) => store.readRecord(id)));
  return cells.filter((_, i) => records[i] === undefined);
}

/**
 * Every arm scores the same positions, so one arm with a larger horizon takes positions from all others: nothing that is
 * done could stand beside it. A folder that has results of this `maxOffset` too was begun anew on purpose, and results of
 * other code have no say.
 */
function refuseLargerMaxOffset(cells: readonly Cell[], others: readonly CellRecord[], root: string): void {
  const { maxOffset } = cells[0].experiment.model;
  const usable = others.filter((record) => isOfThisCode(record, cells));
  const before = Math.max(...usable.map(({ experiment }) => experiment.model.maxOffset));
  if (usable.length === 0 || before >= maxOffset) return;
  throw new ForetokenError(
    'RUN_MISMATCH',
    `${root}: what is finished there leaves out the last ${before} targets of every window (maxOffset ${before}), this ` +
      `matrix would leave out ${maxOffset}, its largest horizon. Scored over other positions, results cannot be compared, and ` +
      `none would be used again. Use another "output"; or leave out the arms with a horizon above ${before}; next time, set ` +
      'model.maxOffset in the base to the largest horizon that you may want.',
  );
}

/** Whether a result could be one of a plan's: no package that both use has changed, nor has the engine. */
function isOfThisCode({ code, engine }: CellRecord, cells: readonly Cell[]): boolean {
  const now: CodeHashes = Object.assign({}, ...cells.map((cell) => cell.code));
  const isSame = Object.entries(code).every(([name, hash]) => now[name] === undefined || now[name] === hash);
  return isSame && cells.some((cell) => cell.engine === engine);
}

function staleCells(left: readonly Cell[], others: readonly CellRecord[]): Map<string, StaleCell> {
  const alike = new Map<string, CellRecord[]>();
  for (const record of others) {
    const key = questionOf(record.experiment);
    alike.set(key, [...(alike.get(key) ?? []), record]);
  }
  const stale = left.flatMap((cell) => {
    const candidates = (alike.get(questionOf(cell.experiment)) ?? []).map((record) => ({
      ...{ id: cell.id, record: record.id, changed: changesOf(record, cell) },
    }));
    // Of several generations, the one that is nearest to the code of now says the most.
    candidates.sort((a, b) => a.changed.length - b.changed.length);
    return candidates.slice(0, 1);
  });
  return new Map(stale.map((one) => [one.id, one]));
}

/** What a cell asks, whatever answers it: its experiment without names, code and engine. */
const questionOf = (experiment: Experiment): string => experimentHash({ ...experiment, name: '' });
