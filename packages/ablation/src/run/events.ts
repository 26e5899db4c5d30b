import type { StaleSummary } from '../identity/earlier-work.ts';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import type { CellFailure, CellRecord } from './cell-record.ts';
import type { MachineHolder } from './machine-lock.ts';
import { cellsOf, type Task } from './scheduler.ts';

/** A task as it is shown. */
export interface TaskInfo {
  readonly kind: Task['kind'];
  /** Arms that it is done for: several share a training. */
  readonly arms: readonly string[];
  readonly seed: number;
  /** Share of its steps that a training is to come to, where its arms may be pruned there; absent: all of them. */
  readonly until?: number;
  /** One line: `train n4-linear, seed 0`. */
  readonly label: string;
  /** Number of this task, from 1, of `tasks`. */
  readonly task: number;
  readonly tasks: number;
}

/** How far a task is. */
export interface TaskProgress {
  /** Steps of a training; evals, with the share of the one at work, of a measurement. */
  readonly done: number;
  readonly total: number;
  readonly unit: 'steps' | 'evals';
  /** Units a second so far; 0 before there is one. */
  readonly perSecond: number;
  /** At that rate; absent before there is one. */
  readonly secondsLeft?: number;
  /** Weighted loss of the last step. */
  readonly loss?: number;
  /** Training tokens a second. */
  readonly tokensPerSecond?: number;
  /** The eval at work. */
  readonly what?: string;
}

/** What happens while an ablation runs, in order. */
export type AblationEvent =
  | {
      readonly type: 'planned';
      readonly arms: number;
      readonly cells: number;
      /** Cells whose results were there already. */
      readonly reused: number;
      /** Cells whose only results are of other code or another engine; they run anew. */
      readonly stale: StaleSummary;
      /** Tasks that are left: trainings, measurements, and evals that are run alone. */
      readonly tasks: number;
    }
  /** A task that is done alone waits until another ablation on the machine is done with one; once per holder. */
  | { readonly type: 'waiting'; readonly task: TaskInfo; readonly holder: MachineHolder }
  /** A cell whose results were there already, all of them or all but what is timed alone; right after `planned`. */
  | { readonly type: 'reused'; readonly record: CellRecord; readonly isUntimed?: true }
  | { readonly type: 'started'; readonly task: TaskInfo }
  | { readonly type: 'progress'; readonly task: TaskInfo; readonly progress: TaskProgress }
  | {
      readonly type: 'finished';
      readonly task: TaskInfo;
      readonly seconds: number;
      /** What a measurement gave: the whole cell, or a part of it. */
      readonly record?: CellRecord;
    }
  | { readonly type: 'failed'; readonly task: TaskInfo; readonly failure: CellFailure }
  /** Arms that are stopped before their end from now on, all of their seeds; those that were before, right after what is reused. */
  | { readonly type: 'pruned'; readonly arms: readonly string[] }
  | { readonly type: 'done'; readonly failedCells: number; readonly seconds: number };

/** Describes a task for people. */
export function describeTask(task: Task, { cells }: AblationPlan, number: number, tasks: number): TaskInfo {
  const ids = cellsOf(task).map(({ id }) => id);
  const arms = [...new Set(cells.filter(({ id }) => ids.includes(id)).map(({ arm }) => arm))];
  const { seed } = task.training.experiment;
  const until = task.kind === 'train' ? task.until : undefined;
  const to = until === undefined ? '' : ` to ${Number((100 * until).toFixed(1))}%`;
  const label = `${task.kind} ${arms.join(' + ')}, seed ${seed}${to}`;
  return { kind: task.kind, arms, seed, ...(until !== undefined && { until }), label, task: number, tasks };
}

/** Measures the rate of one task from its first report on, so that work done by an earlier process counts for nothing. */
export function createRateMeter(
  now: () => number,
): (done: number, total: number) => Pick<TaskProgress, 'perSecond' | 'secondsLeft'> {
  let first: { readonly done: number; readonly ms: number } | undefined;
  return (done, total) => {
    first ??= { done, ms: now() };
    const seconds = (now() - first.ms) / 1000;
    const perSecond = seconds > 0 ? (done - first.done) / seconds : 0;
    return perSecond > 0 ? { perSecond, secondsLeft: (total - done) / perSecond } : { perSecond: 0 };
  };
}
