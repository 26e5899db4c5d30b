import type { Cell, Training } from '../matrix/cells.ts';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import type { AblationStore } from './ablation-store.ts';
import type { CellFailure, CellRecord } from './cell-record.ts';
import type { TrainingFacts } from './laboratory.ts';

/** A piece of work. */
export type Task =
  | { readonly kind: 'train'; readonly training: Training; readonly cells: readonly Cell[] }
  | { readonly kind: 'measure'; readonly training: Training; readonly cell: Cell; readonly facts: TrainingFacts };

/** What became of it. */
export type TaskOutcome =
  | { readonly kind: 'trained'; readonly facts: TrainingFacts }
  | { readonly kind: 'measured'; readonly record: CellRecord }
  | { readonly kind: 'failed'; readonly failures: readonly CellFailure[] };

/** A task given to one worker. */
export interface Claim {
  readonly task: Task;
}

/**
 * Hands out work and takes in what became of it. Whoever runs tasks knows nothing else of the plan, so that several
 * workers, or a queue on other machines, need another scheduler and no other runner.
 */
export interface Scheduler {
  /** Tasks that were left when it started. */
  readonly tasks: number;
  /** The next task whose input is there; undefined if none is left for this worker. */
  claim(): Promise<Claim | undefined>;
  /** Keeps the outcome. A claim is published once, or given up by whoever stops. */
  publish(claim: Claim, outcome: TaskOutcome): Promise<void>;
}

/**
 * A scheduler for one worker: each training, then the cells that measure it, in the order of the plan.
 *
 * Cells whose record the store has are done. A training that failed fails its cells; the others go on.
 */
export async function createLocalScheduler(plan: AblationPlan, store: AblationStore): Promise<Scheduler> {
  const queue = await pendingTrainings(plan, store);
  const ready: Task[] = [];
  return {
    tasks: queue.reduce((sum, { cells }) => sum + 1 + cells.length, 0),
    async claim() {
      const task = ready.shift() ?? trainTask(queue.shift());
      return task && { task };
    },
    async publish({ task }, outcome) {
      if (outcome.kind === 'measured') await store.writeRecord(outcome.record);
      if (outcome.kind === 'failed') for (const failure of outcome.failures) await store.writeFailure(failure);
      if (outcome.kind !== 'trained' || task.kind !== 'train') return;
      const { training, cells } = task;
      ready.push(...cells.map((cell): Task => ({ kind: 'measure', training, cell, facts: outcome.facts })));
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
