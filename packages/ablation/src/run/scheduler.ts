import type { Cell, Training } from '../matrix/cells.ts';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import type { RungLoss } from '../pruning/decisions.ts';
import { keepPruned } from '../pruning/pruned-cells.ts';
import { readRace } from '../pruning/read-race.ts';
import { openRungLosses } from '../pruning/rung-losses.ts';
import type { AblationStore } from './ablation-store.ts';
import { type CellFailure, type CellRecord, joinedRecord } from './cell-record.ts';
import type { TrainingFacts } from './laboratory.ts';
import type { Leases } from './leases.ts';
import { createTaskQueue } from './task-queue.ts';

/** Evals of one cell: `time` those that are run alone, `measure` the others. */
export interface MeasuringTask {
  readonly kind: 'measure' | 'time';
  readonly training: Training;
  readonly cell: Cell;
  readonly facts: TrainingFacts;
}

/** A piece of work. */
export type Task =
  | {
      readonly kind: 'train';
      readonly training: Training;
      readonly cells: readonly Cell[];
      /** Share of its steps to train to, where its arms may be pruned; absent: to its end. */
      readonly until?: number;
    }
  | MeasuringTask;

/** What became of it. */
export type TaskOutcome =
  | { readonly kind: 'trained'; readonly facts: TrainingFacts }
  /** The training came to its `until`, and goes on later or not at all. */
  | { readonly kind: 'reached'; readonly loss: RungLoss }
  | { readonly kind: 'measured'; readonly record: CellRecord }
  | { readonly kind: 'failed'; readonly failures: readonly CellFailure[] };

/** A task given to one worker, for as long as its lease is. */
export interface Claim {
  readonly task: Task;
  /** Of the lease: whoever has another one can publish nothing. */
  readonly token: string;
}

/**
 * Hands out work and takes in what became of it. Whoever runs tasks knows nothing else of the plan, so that a queue on
 * other machines needs another scheduler and no other runner.
 */
export interface Scheduler {
  /** Tasks that were left when it started; fewer once arms are pruned. */
  readonly tasks: number;
  /**
   * The next task whose input is there, waiting for one that others work on to bring it; undefined once none is left, or
   * after {@link stop}. One of kind `time` is handed out only when no other task is out, and none is while it is.
   * @param pid - process that will do it
   */
  claim(pid: number): Promise<Claim | undefined>;
  /** Says that another process does it now. @throws LEASE_LOST */
  renew(claim: Claim, pid: number): Promise<void>;
  /**
   * Keeps the outcome. A claim is published once, or given up with {@link release}.
   * @throws LEASE_LOST, with nothing written, if the task was given to another worker meanwhile
   */
  publish(claim: Claim, outcome: TaskOutcome): Promise<void>;
  /** Gives up a claim; the next run does its task. */
  release(claim: Claim): Promise<void>;
  /** Hands out no more: whoever waits for a task gets none. */
  stop(): void;
}

/** The cells that a task is for. */
export const cellsOf = (task: Task): readonly Cell[] => (task.kind === 'train' ? task.cells : [task.cell]);

/** A name for files: no other task of the ablation has it. */
export const nameOf = (task: Task): string =>
  `${task.kind}-${task.kind === 'train' ? task.training.key : task.cell.id}`;

/**
 * A scheduler for the workers of one process, in the order of {@link createTaskQueue}.
 *
 * Cells whose record the store has are done. A training that failed fails its cells; the others go on.
 * @param onPruned - hears of arms that are stopped from now on
 */
export async function createLocalScheduler(
  plan: AblationPlan,
  store: AblationStore,
  leases: Leases,
  onPruned: (arms: readonly string[]) => void = () => {},
): Promise<Scheduler> {
  const race = await readRace(plan, store);
  const queue = await createTaskQueue(plan, store, race);
  await keepPruned(store.paths, plan.cells, race.prunedCells());
  const known = new Set(race.prunedArms());
  const tellPruned = async (): Promise<void> => {
    const arms = race.prunedArms().filter((arm) => !known.has(arm));
    if (arms.length === 0) return;
    for (const arm of arms) known.add(arm);
    await keepPruned(store.paths, plan.cells, race.prunedCells());
    onPruned(arms);
  };
  let isStopped = false;
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const go of woken) go();
  };
  return {
    get tasks() {
      return queue.tasks;
    },
    async claim(pid) {
      while (!isStopped) {
        const task = queue.next();
        if (task) return { task, token: await leases.take(nameOf(task), pid) };
        if (queue.isIdle()) return undefined;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      return undefined;
    },
    renew: ({ task, token }, pid) => leases.renew(nameOf(task), token, pid),
    async publish({ task, token }, outcome) {
      await leases.check(nameOf(task), token);
      await keep(task, outcome, store);
      const followers = await queue.following(task, outcome);
      await leases.end(nameOf(task), token);
      queue.settle(task, outcome, followers);
      await tellPruned();
      // Whoever has timed asks first: its process has all the threads by now.
      if (task.kind === 'time') setImmediate(wake);
      else wake();
    },
    release: ({ task, token }) => leases.end(nameOf(task), token),
    stop() {
      isStopped = true;
      wake();
    },
  };
}

/** Writes what became of a task. A cell's record is whole: what is measured waits beside it for what is timed. */
async function keep(task: Task, outcome: TaskOutcome, store: AblationStore): Promise<void> {
  if (outcome.kind === 'failed') for (const failure of outcome.failures) await store.writeFailure(failure);
  if (outcome.kind === 'reached' && task.kind === 'train' && task.until !== undefined) {
    await openRungLosses(store.paths).write(task.training.key, task.until, outcome.loss);
  }
  if (outcome.kind !== 'measured' || task.kind === 'train') return;
  const { cell, kind } = task;
  if (kind === 'time') await store.writeRecord(joinedRecord(await store.readMeasured(cell.id), outcome.record));
  else if (cell.alone.length > 0) await store.writeMeasured(outcome.record);
  else await store.writeRecord(outcome.record);
}
