import { ForetokenError, type Host, makeFolder } from '@foretoken/core';
import { readEarlierWork, summarizeStale } from '../identity/earlier-work.ts';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import { collectResults } from '../results/collect-results.ts';
import type { AblationResults } from '../results/results.ts';
import { writePlanRecord, writeResults } from '../results/write-results.ts';
import { type AblationStore, openAblationStore } from './ablation-store.ts';
import { type AblationEvent, describeTask, type TaskInfo } from './events.ts';
import { createLaboratory, type Laboratory } from './laboratory.ts';
import { performTask } from './perform-task.ts';
import { type Claim, createLocalScheduler, type Scheduler } from './scheduler.ts';

/** What running takes besides the plan. */
export interface RunAblationOptions {
  readonly host: Host;
  readonly signal?: AbortSignal;
  onEvent?(event: AblationEvent): void;
  /** Default: core's training and evaluation, in this process. */
  readonly laboratory?: Laboratory;
}

/** What a run of an ablation leaves. */
export interface AblationSummary {
  readonly directory: string;
  readonly results: AblationResults;
  /** Cells without results, those of every arm counted. */
  readonly failedCells: number;
}

/** What the parts of one run share. */
interface Run {
  readonly plan: AblationPlan;
  readonly store: AblationStore;
  readonly scheduler: Scheduler;
  readonly laboratory: Laboratory;
  readonly signal?: AbortSignal;
  clock(): number;
  emit(event: AblationEvent): void;
}

/**
 * Runs every cell of a plan that has no result yet, one after the other, and writes `results.json`.
 *
 * Safe to repeat: what is finished is read, what was stopped goes on, what failed is tried again. A cell that fails
 * keeps its error, and the others go on.
 * @throws INTERRUPTED once the signal aborts; the same plan goes on from there
 * @throws FORMAT_VERSION, RUN_MISMATCH if the folder holds what this plan must not be added to
 * @throws FILE_WRITE, DISK_FULL if results cannot be kept
 */
export async function runAblation(plan: AblationPlan, options: RunAblationOptions): Promise<AblationSummary> {
  const { host, signal, onEvent: emit = () => {} } = options;
  const store = openAblationStore(plan.directory);
  const stale = summarizeStale(await readEarlierWork(plan, store));
  await makeFolder(store.paths.root);
  await writePlanRecord(store.paths, plan);
  const scheduler = await createLocalScheduler(plan, store);
  const laboratory = options.laboratory ?? createLaboratory(host);
  const startMs = host.clock();
  emit({ type: 'planned', ...(await countCells(plan, store)), stale, tasks: scheduler.tasks });
  await work({ plan, store, scheduler, laboratory, signal, clock: host.clock, emit });
  const results = await collectResults(plan, store);
  await writeResults(store.paths, results);
  const failedCells = results.arms.flatMap(({ cells }) => cells).filter(({ status }) => status === 'failed').length;
  emit({ type: 'done', failedCells, seconds: (host.clock() - startMs) / 1000 });
  return { directory: plan.directory, results, failedCells };
}

async function work(run: Run): Promise<void> {
  const { plan, scheduler, signal } = run;
  let number = 0;
  for (let claim = await scheduler.claim(); claim; claim = await scheduler.claim()) {
    if (signal?.aborted) throw interrupted(plan);
    number += 1;
    await workOn(claim, describeTask(claim.task, plan, number, scheduler.tasks), run);
  }
}

async function workOn(claim: Claim, task: TaskInfo, run: Run): Promise<void> {
  const { plan, store, scheduler, laboratory, signal, clock, emit } = run;
  const startMs = clock();
  emit({ type: 'started', task });
  const outcome = await performTask(claim.task, {
    ...{ plan, paths: store.paths, laboratory, signal, clock },
    onProgress: (progress) => emit({ type: 'progress', task, progress }),
  }).catch((cause: unknown) => {
    throw interrupted(plan, cause);
  });
  await scheduler.publish(claim, outcome);
  if (outcome.kind === 'failed') emit({ type: 'failed', task, failure: outcome.failures[0] });
  else emit({ type: 'finished', task, seconds: (clock() - startMs) / 1000 });
}

function interrupted({ directory }: AblationPlan, cause?: unknown): ForetokenError {
  const message = `stopped on request; what is finished is kept in ${directory}. The same command goes on from there.`;
  return new ForetokenError('INTERRUPTED', message, { cause });
}

async function countCells({ arms, cells }: AblationPlan, store: AblationStore) {
  let reused = 0;
  for (const { id } of cells) if (await store.readRecord(id)) reused += 1;
  return { arms: arms.length, cells: cells.length, reused };
}
