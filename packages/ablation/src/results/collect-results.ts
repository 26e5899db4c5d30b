import type { Json } from '@foretoken/core';
import { notReproducible } from '../matrix/budget.ts';
import type { Cell } from '../matrix/cells.ts';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import type { PrunedAt } from '../pruning/pruning.ts';
import { readFinishedRace } from '../pruning/read-race.ts';
import type { AblationStore } from '../run/ablation-store.ts';
import type { CellRecord, Measured } from '../run/cell-record.ts';
import { meanOf } from './mean.ts';
import { type AblationResults, type ArmResults, type CellResults, dig, digNumber } from './results.ts';
import { refuseMixedData } from './same-data.ts';

/**
 * Gathers what the store has of every cell of a plan, arm by arm. The same records give the same results, to the byte.
 *
 * Which arms were pruned is decided anew, by what their trainings gave at the rungs. One that an earlier, smaller matrix let
 * go on to its end is pruned nevertheless, as it would have been in this matrix alone.
 * @throws DATA_CHANGED if cells were trained on different contents of the same data
 */
export async function collectResults(plan: AblationPlan, store: AblationStore): Promise<AblationResults> {
  const arms: ArmResults[] = [];
  const all: CellRecord[] = [];
  const pruned = (await readFinishedRace(plan, store)).prunedCells();
  for (const name of plan.arms) {
    const cells = plan.cells.filter(({ arm }) => arm === name);
    const records = await Promise.all(cells.map(({ id }) => store.readRecord(id)));
    all.push(...records.filter((record) => record !== undefined));
    const results = await Promise.all(
      cells.map((cell, i) => cellResults(cell, records[i], pruned.get(cell.id), store)),
    );
    arms.push(armResults(name, results, cells));
  }
  refuseMixedData(all, store.paths.root);
  return { arms };
}

async function cellResults(
  { id, seed }: Cell,
  record: CellRecord | undefined,
  pruned: PrunedAt | undefined,
  store: AblationStore,
): Promise<CellResults> {
  if (pruned) return { id, seed, status: 'pruned', pruned };
  if (record) {
    return { id, seed, status: 'done', results: sorted(record.results), timings: sorted(record.timings) };
  }
  const failure = await store.readFailure(id);
  const { code, message } = failure ?? {
    code: 'UNFINISHED',
    message: 'the cell was not run to its end: the same command goes on with it.',
  };
  return { id, seed, status: 'failed', error: { code, message } };
}

function armResults(name: string, cells: readonly CellResults[], planned: readonly Cell[]): ArmResults {
  const done = cells.filter((cell) => cell.status === 'done');
  const mean = (part: 'results' | 'timings'): Measured =>
    done.length === 0 ? {} : (meanOf(done.map((cell) => cell[part])) as Measured);
  const lossless =
    done.length > 0 && done.every(({ id, results }) => isLossless(results, planned.find((cell) => cell.id === id)!));
  return {
    ...{ name, cells, results: sorted(mean('results')), timings: sorted(mean('timings')), lossless },
    ...notReproducible(planned[0].experiment),
  };
}

/** What the eval says; without it, only a model that has nothing to draft with and drafted nothing gave greedy's output. */
function isLossless(results: Measured, { experiment }: Cell): boolean {
  const measured = dig(results, 'losslessness', 'lossless');
  if (typeof measured === 'boolean') return measured;
  const accepted = Object.values((dig(results, 'acceptance', 'decoders') ?? {}) as { readonly [label: string]: Json });
  const hasDrafted = accepted.some((decoder) => digNumber(decoder, 'proposed', 0) !== undefined);
  return experiment.model.head.horizon === 1 && !hasDrafted;
}

/** The same data with the keys of every object in order. */
function sorted<T extends Json>(value: T): T {
  if (Array.isArray(value)) return value.map(sorted) as unknown as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sorted(member as Json)])) as T;
}
