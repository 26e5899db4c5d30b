import path from 'node:path';
import { type Host, makeFolder } from '@foretoken/core';
import { refuseInterrupted } from '@foretoken/core/training';
import { readEarlierWork, type StaleSummary, summarizeStale } from '../identity/earlier-work.ts';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import { readRace } from '../pruning/read-race.ts';
import { collectResults } from '../results/collect-results.ts';
import type { AblationResults } from '../results/results.ts';
import { writePlanRecord, writeResults } from '../results/write-results.ts';
import { performInWorker } from '../workers/worker-performer.ts';
import { completeSettings, type WorkerSettings } from '../workers/worker-settings.ts';
import { type AblationStore, openAblationStore } from './ablation-store.ts';
import type { CellRecord } from './cell-record.ts';
import type { AblationEvent } from './events.ts';
import { createLaboratory, type Laboratory } from './laboratory.ts';
import { type Leases, openLeases } from './leases.ts';
import { type Performer, performHere } from './performer.ts';
import { createLocalScheduler } from './scheduler.ts';
import { sweepTemporary } from './sweep-temporary.ts';
import { type Work, workThrough } from './work.ts';

/** What running takes besides the plan. */
export interface RunAblationOptions {
  readonly host: Host;
  readonly signal?: AbortSignal;
  onEvent?(event: AblationEvent): void;
  /** Does the work in this process. Default: core's training and evaluation. */
  readonly laboratory?: Laboratory;
  /** Does the work in processes of their own, so that nothing it does to its process reaches the other cells. */
  readonly workers?: WorkerSettings;
  /** Ends the run when a cell fails; default: the others go on. */
  readonly failFast?: boolean;
}

/** What a run of an ablation leaves. */
export interface AblationSummary {
  readonly directory: string;
  readonly results: AblationResults;
  /** Cells without results, those of every arm counted. */
  readonly failedCells: number;
}

/** One run of an ablation. */
interface Run extends Work {
  readonly store: AblationStore;
}

/**
 * Runs every cell of a plan that has no result yet, and writes `results.json`.
 *
 * Safe to repeat: what is finished is read, what was stopped goes on, what failed is tried again. A cell that fails
 * keeps its error, and the others go on.
 * @throws INTERRUPTED once the signal aborts; the same plan goes on from there
 * @throws RUN_NOT_FOUND if an upgrade of the folder was interrupted
 * @throws FORMAT_VERSION, RUN_MISMATCH if the folder holds what this plan must not be added to
 * @throws ABLATION_BUSY while another process runs an ablation in the folder
 * @throws FILE_WRITE, DISK_FULL if results cannot be kept
 */
export async function runAblation(plan: AblationPlan, options: RunAblationOptions): Promise<AblationSummary> {
  refuseInterrupted(plan.directory);
  const store = openAblationStore(plan.directory);
  const stale = summarizeStale(await readEarlierWork(plan, store));
  await makeFolder(store.paths.root);
  const leases = await openLeases(path.join(store.paths.root, 'leases'));
  try {
    await sweepTemporary(store.paths.root);
    await writePlanRecord(store.paths, plan);
    return await runWith(leases, { plan, store, stale }, options);
  } finally {
    await leases.close();
  }
}

async function runWith(
  leases: Leases,
  { plan, store, stale }: { plan: AblationPlan; store: AblationStore; stale: StaleSummary },
  options: RunAblationOptions,
): Promise<AblationSummary> {
  const { host, failFast = false, onEvent: emit = () => {} } = options;
  const onPruned = (arms: readonly string[]): void => emit({ type: 'pruned', arms });
  const scheduler = await createLocalScheduler(plan, store, leases, onPruned);
  const startMs = host.clock();
  await tellPlan(plan, store, { stale, tasks: scheduler.tasks, emit });
  const stop = new AbortController();
  await work({ plan, store, scheduler, failFast, stop, clock: host.clock, emit }, options);
  const results = await collectResults(plan, store);
  await writeResults(store.paths, results);
  const failedCells = results.arms.flatMap(({ cells }) => cells).filter(({ status }) => status === 'failed').length;
  emit({ type: 'done', failedCells, seconds: (host.clock() - startMs) / 1000 });
  return { directory: plan.directory, results, failedCells };
}

/** Who carries the tasks out: worker processes, all started now, or this process. */
function performersOf(run: Run, { host, laboratory, workers }: RunAblationOptions): Performer[] {
  const { plan, store, scheduler, stop } = run;
  const context = { paths: store.paths, signal: stop.signal };
  if (laboratory || !workers) {
    return [performHere({ ...context, plan, laboratory: laboratory ?? createLaboratory(host), clock: host.clock })];
  }
  const settings = completeSettings(workers);
  const shared = { ...context, baseDirectory: plan.baseDirectory, settings };
  return Array.from({ length: Math.min(settings.count, scheduler.tasks) }, () => performInWorker(shared));
}

async function work(run: Run, options: RunAblationOptions): Promise<void> {
  // A finished matrix needs nobody.
  if (run.scheduler.tasks === 0) return;
  const onAbort = (): void => run.stop.abort();
  options.signal?.addEventListener('abort', onAbort);
  if (options.signal?.aborted) onAbort();
  const performers = performersOf(run, options);
  try {
    await workThrough(run, performers);
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
    await Promise.all(performers.map((performer) => performer.close()));
    await sweepTemporary(run.store.paths.root);
  }
}

/** Tells what there is to do, then what was done before: results, and arms that are stopped by what came in then. */
async function tellPlan(
  plan: AblationPlan,
  store: AblationStore,
  { stale, tasks, emit }: { readonly stale: StaleSummary; readonly tasks: number; readonly emit: Work['emit'] },
): Promise<void> {
  const { arms, cells } = plan;
  const race = await readRace(plan, store);
  const pruned = race.prunedCells();
  const whole: CellRecord[] = [];
  const untimed: CellRecord[] = [];
  for (const { id } of cells) {
    if (pruned.has(id)) continue;
    const record = await store.readRecord(id);
    const measured = record ? undefined : await store.readMeasured(id);
    if (record) whole.push(record);
    if (measured) untimed.push(measured);
  }
  emit({ type: 'planned', arms: arms.length, cells: cells.length, reused: whole.length, stale, tasks });
  for (const record of whole) emit({ type: 'reused', record });
  for (const record of untimed) emit({ type: 'reused', record, isUntimed: true });
  if (pruned.size > 0) emit({ type: 'pruned', arms: race.prunedArms() });
}
