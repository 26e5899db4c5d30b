import type { Cell, Training } from '../matrix/cells.ts';
import type { Race } from '../pruning/race.ts';
import type { Task, TaskOutcome } from './scheduler.ts';

/** A task of training. */
export type TrainTask = Extract<Task, { kind: 'train' }>;

/** A training that may have to go on, with its cells. */
export interface PendingTraining {
  readonly training: Training;
  readonly cells: readonly Cell[];
  /** Those of them that have no record; without any, it trains no further than to its rungs. */
  readonly left: readonly Cell[];
  /** Tasks of measuring those. */
  readonly measurements: number;
}

/** Trainings in the order of the plan, each as far as the race lets it go. */
export interface TrainingQueue {
  /** Tasks of these trainings and of measuring them, done and left; fewer once arms are pruned. */
  readonly tasks: number;
  /** The next part of a training that may begin now. */
  next(): TrainTask | undefined;
  /** What became of a part that was begun. */
  settle(task: TrainTask, outcome: TaskOutcome): void;
}

/** @param race - is told who comes to a rung, and who fails */
export function createTrainingQueue(pending: readonly PendingTraining[], race: Race): TrainingQueue {
  const open = new Map(pending.map((one) => [one.training.key, one]));
  const cameTo = new Map<string, number>();
  return {
    get tasks() {
      return pending.reduce((sum, one) => sum + (cameTo.get(one.training.key) ?? 0) + tasksLeft(one, race), 0);
    },
    next() {
      for (const [key, one] of open) {
        const task = nextPart(one, race);
        if (!task) continue;
        open.delete(key);
        return task;
      }
      return undefined;
    },
    settle({ training: { key }, until }, outcome) {
      if (outcome.kind === 'failed') race.fail(key);
      if (outcome.kind !== 'reached' || until === undefined) return;
      race.arrive(key, until, outcome.loss);
      cameTo.set(key, (cameTo.get(key) ?? 0) + 1);
      reopen(open, pending, key);
    },
  };
}

/** Puts a training back to its place in the order. */
function reopen(open: Map<string, PendingTraining>, pending: readonly PendingTraining[], key: string): void {
  const keys = new Set([...open.keys(), key]);
  open.clear();
  for (const one of pending) if (keys.has(one.training.key)) open.set(one.training.key, one);
}

function nextPart({ training, cells, left }: PendingTraining, race: Race): TrainTask | undefined {
  const turn = race.turn(training.key);
  if (turn.kind !== 'train') return undefined;
  if (turn.until !== undefined) {
    return { kind: 'train', training, cells: left.length > 0 ? left : cells, until: turn.until };
  }
  return left.length > 0 ? { kind: 'train', training, cells: left } : undefined;
}

function tasksLeft({ training, left, measurements }: PendingTraining, race: Race): number {
  if (race.turn(training.key).kind === 'stop') return 0;
  return race.rungsLeft(training.key) + (left.length > 0 ? 1 + measurements : 0);
}
