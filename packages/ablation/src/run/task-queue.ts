import type { Cell, Training } from '../matrix/cells.ts';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import type { Race } from '../pruning/race.ts';
import type { AblationStore } from './ablation-store.ts';
import type { MeasuringTask, Task, TaskOutcome } from './scheduler.ts';
import { createTrainingQueue, type PendingTraining } from './training-queue.ts';

/** The tasks of one run, in their order. */
export interface TaskQueue {
  /** Tasks that were left when it was made; fewer once arms are pruned. */
  readonly tasks: number;
  /** The next task that may begin now, which is out from here on. */
  next(): Task | undefined;
  /** Whether no task is out: if none may begin now, none ever will. */
  isIdle(): boolean;
  /** The tasks that an outcome makes possible. */
  following(task: Task, outcome: TaskOutcome): Promise<readonly Task[]>;
  /** A task is not out any more, and others may begin. */
  settle(task: Task, outcome: TaskOutcome, followers: readonly Task[]): void;
}

/**
 * The work that a store does not have yet: each training, then the cells that measure it, in the order of the plan; what is
 * run alone comes last of all, one by one, when nothing else is out.
 *
 * What was measured of a cell before is not measured again.
 * @param race - says how far each training may go
 */
export async function createTaskQueue(plan: AblationPlan, store: AblationStore, race: Race): Promise<TaskQueue> {
  const trainings = createTrainingQueue(await pendingTrainings(plan, store), race);
  const ready: Task[] = [];
  const alone: Task[] = [];
  const out = new Set<Task>();
  const choose = (): Task | undefined => {
    if ([...out].some(({ kind }) => kind === 'time')) return undefined;
    const pending = ready.shift() ?? trainings.next();
    return pending ?? (out.size === 0 ? alone.shift() : undefined);
  };
  return {
    get tasks() {
      return trainings.tasks;
    },
    next() {
      const task = choose();
      if (task) out.add(task);
      return task;
    },
    isIdle: () => out.size === 0,
    async following(task, outcome) {
      if (outcome.kind === 'trained' && task.kind === 'train') {
        const { training, cells } = task;
        const firsts = await Promise.all(cells.map(async (cell) => (await partsLeft(cell, store))[0]));
        return cells.map((cell, i) => ({ kind: firsts[i], training, cell, facts: outcome.facts }));
      }
      const isHalf = outcome.kind === 'measured' && task.kind === 'measure' && task.cell.alone.length > 0;
      return isHalf ? [{ ...task, kind: 'time' }] : [];
    },
    settle(task, outcome, followers) {
      out.delete(task);
      if (task.kind === 'train') trainings.settle(task, outcome);
      for (const follower of followers) (follower.kind === 'time' ? alone : ready).push(follower);
    },
  };
}

/** What is still to be done of an unfinished cell once it is trained, in order. */
async function partsLeft({ id, experiment, alone }: Cell, store: AblationStore): Promise<MeasuringTask['kind'][]> {
  if (alone.length === 0) return ['measure'];
  const isMeasured = alone.length === experiment.evals.length || (await store.readMeasured(id)) !== undefined;
  return isMeasured ? ['time'] : ['measure', 'time'];
}

/** Trainings with cells that have no record; where arms are pruned, all, since each is compared with the others. */
async function pendingTrainings(
  { cells, trainings, pruning }: AblationPlan,
  store: AblationStore,
): Promise<PendingTraining[]> {
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  const pending: PendingTraining[] = [];
  for (const training of trainings) {
    const left = await unfinished(training, byId, store);
    let measurements = 0;
    for (const cell of left) measurements += (await partsLeft(cell, store)).length;
    const own = training.cells.map((id) => byId.get(id)!);
    if (left.length > 0 || pruning) pending.push({ training, cells: own, left, measurements });
  }
  return pending;
}

async function unfinished(training: Training, byId: ReadonlyMap<string, Cell>, store: AblationStore): Promise<Cell[]> {
  const left: Cell[] = [];
  for (const id of training.cells) if (!(await store.readRecord(id))) left.push(byId.get(id)!);
  return left;
}
