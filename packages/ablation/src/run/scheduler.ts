import type { Cell, Training } from '../matrix/cells.ts';
import type { AblationPlan } from '../plan/plan-ablation.ts';
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
  | { readonly kind: 'train'; readonly training: Training; readonly cells: readonly Cell[] }
  | MeasuringTask;

/** What became of it. */
export type TaskOutcome =
  | { readonly kind: 'trained'; readonly facts: TrainingFacts }
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
  /** Tasks that were left when it started. */
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
 */
export async function createLocalScheduler(
  plan: AblationPlan,
  store: AblationStore,
  leases: Leases,
): Promise<Scheduler> {
  const queue = await createTaskQueue(plan, store);
  let isStopped = false;
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const go of woken) go();
  };
  return {
    tasks: queue.tasks,
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
      queue.settle(task, followers);
      wake();
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
  if (outcome.kind !== 'measured' || task.kind === 'train') return;
  const { cell, kind } = task;
  if (kind === 'time') await store.writeRecord(joinedRecord(await store.readMeasured(cell.id), outcome.record));
  else if (cell.alone.length > 0) await store.writeMeasured(outcome.record);
  else await store.writeRecord(outcome.record);
}
