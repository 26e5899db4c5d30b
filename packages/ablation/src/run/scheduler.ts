import type { Cell, Training } from '../matrix/cells.ts';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import type { AblationStore } from './ablation-store.ts';
import type { CellFailure, CellRecord } from './cell-record.ts';
import type { TrainingFacts } from './laboratory.ts';
import type { Leases } from './leases.ts';

/** A piece of work. */
export type Task =
  | { readonly kind: 'train'; readonly training: Training; readonly cells: readonly Cell[] }
  | { readonly kind: 'measure'; readonly training: Training; readonly cell: Cell; readonly facts: TrainingFacts };

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
   * after {@link stop}.
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
 * A scheduler for the workers of one process: each training, then the cells that measure it, in the order of the plan.
 *
 * Cells whose record the store has are done. A training that failed fails its cells; the others go on.
 */
export async function createLocalScheduler(
  plan: AblationPlan,
  store: AblationStore,
  leases: Leases,
): Promise<Scheduler> {
  const queue = await pendingTrainings(plan, store);
  const ready: Task[] = [];
  const claimed = new Set<Task>();
  let isStopped = false;
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const go of woken) go();
  };
  return {
    tasks: queue.reduce((sum, { cells }) => sum + 1 + cells.length, 0),
    async claim(pid) {
      while (!isStopped) {
        const task = ready.shift() ?? trainTask(queue.shift());
        if (task) {
          claimed.add(task);
          return { task, token: await leases.take(nameOf(task), pid) };
        }
        if (claimed.size === 0) return undefined;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      return undefined;
    },
    renew: ({ task, token }, pid) => leases.renew(nameOf(task), token, pid),
    async publish({ task, token }, outcome) {
      await leases.check(nameOf(task), token);
      if (outcome.kind === 'measured') await store.writeRecord(outcome.record);
      if (outcome.kind === 'failed') for (const failure of outcome.failures) await store.writeFailure(failure);
      if (outcome.kind === 'trained' && task.kind === 'train') {
        const { training, cells } = task;
        ready.push(...cells.map((cell): Task => ({ kind: 'measure', training, cell, facts: outcome.facts })));
      }
      await leases.end(nameOf(task), token);
      claimed.delete(task);
      wake();
    },
    release: ({ task, token }) => leases.end(nameOf(task), token),
    stop() {
      isStopped = true;
      wake();
    },
  };
}

interface Pending {
  readonly training: Training;
  readonly cells: readonly Cell[];
}

const trainTask = (pending: Pending | undefined): Task | undefined => pending && { kind: 'train', ...pending };

async function pendingTrainings({ cells, trainings }: AblationPlan, store: AblationStore): Promise<Pending[]> {
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  const pending: Pending[] = [];
  for (const training of trainings) {
    const left: Cell[] = [];
    for (const id of training.cells) if (!(await store.readRecord(id))) left.push(byId.get(id)!);
    if (left.length > 0) pending.push({ training, cells: left });
  }
  return pending;
}
