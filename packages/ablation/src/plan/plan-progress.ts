import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { readRunSummary } from '@foretoken/core';
import { readEarlierWork, type StaleSummary, summarizeStale } from '../identity/earlier-work.ts';
import { readRace } from '../pruning/read-race.ts';
import { type AblationStore, exists, openAblationStore } from '../run/ablation-store.ts';
import type { TrainingFacts } from '../run/laboratory.ts';
import type { AblationPlan } from './plan-ablation.ts';

/**
 * Where a cell stands before this run: `failed` ones are tried again, `stale` ones were done with other code, `pruned` ones are
 * stopped by what this plan's trainings gave at the rungs so far.
 */
export type CellStatus = 'done' | 'failed' | 'pruned' | 'stale' | 'left';

/** Where a training stands: a started one goes on from its last checkpoint. */
export type TrainingStatus = 'done' | 'started' | 'pruned' | 'left';

/** What the folder of an ablation holds of a plan already. */
export interface PlanProgress {
  /** By id. */
  readonly cells: ReadonlyMap<string, CellStatus>;
  readonly stale: StaleSummary;
  /** By key. */
  readonly trainings: ReadonlyMap<string, TrainingStatus>;
  /** Counted operations per second of each finished training. */
  readonly flopsPerSecond: readonly number[];
}

/**
 * Reads what is finished of a plan. A training whose cells are all done counts as done, whether its folder is there or not.
 *
 * @throws FILE_CORRUPT, FORMAT_VERSION if the folder holds what is none of this release's records
 * @throws RUN_MISMATCH if this plan must not be added to what the folder holds
 */
export async function readProgress(plan: AblationPlan): Promise<PlanProgress> {
  const store = openAblationStore(plan.directory);
  const stale = await readEarlierWork(plan, store);
  const begun = await foldersIn(path.dirname(store.paths.cell('any')));
  const race = await readRace(plan, store);
  const pruned = race.prunedCells();
  const cells = new Map<string, CellStatus>();
  for (const { id } of plan.cells) {
    if (cells.has(id)) continue;
    const status = pruned.has(id) ? 'pruned' : begun.has(id) ? await statusOf(store, id) : 'left';
    cells.set(id, status === 'left' && stale.has(id) ? 'stale' : status);
  }
  const run = await foldersIn(path.dirname(store.paths.training('any')));
  const trainings = new Map<string, TrainingStatus>();
  const flopsPerSecond: number[] = [];
  for (const { key, cells: ids } of plan.trainings) {
    const folder = store.paths.training(key);
    const facts = run.has(key) ? await readFacts(folder) : undefined;
    if (facts) flopsPerSecond.push(facts.flopsPerToken.training * facts.timings.tokensPerSecond);
    const isDone = facts !== undefined || ids.every((id) => cells.get(id) === 'done');
    const isStarted = run.has(key) && (await exists(path.join(folder, 'checkpoints')));
    const isPruned = race.turn(key).kind === 'stop';
    trainings.set(key, isDone ? 'done' : isPruned ? 'pruned' : isStarted ? 'started' : 'left');
  }
  return { cells, stale: summarizeStale(stale), trainings, flopsPerSecond: flopsPerSecond.filter((rate) => rate > 0) };
}

/** Asked once for all, since most of a new plan's are not there. */
async function foldersIn(folder: string): Promise<ReadonlySet<string>> {
  return new Set((await exists(folder)) ? await readdir(folder) : []);
}

async function statusOf(store: AblationStore, id: string): Promise<CellStatus> {
  if (await store.readRecord(id)) return 'done';
  return (await store.readFailure(id)) ? 'failed' : 'left';
}

async function readFacts(folder: string): Promise<TrainingFacts | undefined> {
  const summary = path.join(folder, 'summary.json');
  return (await exists(summary)) ? readRunSummary({ summary }) : undefined;
}
