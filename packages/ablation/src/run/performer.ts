import type { TaskProgress } from './events.ts';
import { performTask, type TaskContext } from './perform-task.ts';
import type { Task, TaskOutcome } from './scheduler.ts';

/** What a performer tells of the task at work. */
export interface PerformerListener {
  onProgress(progress: TaskProgress): void;
  /** Another process goes on with it, as soon as this is settled. */
  onRestart(pid: number): Promise<void>;
}

/** Carries out tasks, one at a time: this process, or one of its worker processes. */
export interface Performer {
  /** Process that does the work. */
  readonly pid: number;
  /**
   * @returns what became of the task; an error of the work, and of the process that does it, is an outcome
   * @throws what stopped it, once the run is being stopped; what the listener throws
   */
  perform(task: Task, listener: PerformerListener): Promise<TaskOutcome>;
  /** Ends what it needed. */
  close(): Promise<void>;
}

/** Carries tasks out in this process. */
export function performHere(context: Omit<TaskContext, 'onProgress'>): Performer {
  return {
    pid: process.pid,
    perform: (task, { onProgress }) => performTask(task, { ...context, onProgress }),
    close: async () => {},
  };
}
