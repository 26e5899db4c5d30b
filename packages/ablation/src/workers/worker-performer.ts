import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { ForetokenError, makeFolder, writeFileAtomic } from '@foretoken/core';
import { ERROR_CODES } from '@foretoken/engine/errors';
import type { AblationPaths } from '../run/ablation-store.ts';
import { failureOf } from '../run/cell-record.ts';
import type { Performer } from '../run/performer.ts';
import { cellsOf, nameOf, type Task, type TaskOutcome } from '../run/scheduler.ts';
import { type Loss, startWorker, type WorkerProcess } from './worker-process.ts';
import { type CompleteWorkerSettings, workerArguments } from './worker-settings.ts';

/** What a worker's tasks have in common. */
export interface WorkerContext {
  readonly paths: AblationPaths;
  readonly baseDirectory: string;
  readonly settings: CompleteWorkerSettings;
  /** Aborts once the run is being stopped. */
  readonly signal: AbortSignal;
}

/**
 * Carries tasks out in a worker process, which it starts at once, and anew after one that is gone.
 *
 * A process that ran plugins of other packages serves no further task: whatever they changed in it goes with it.
 *
 * A task whose worker crashed is tried again, up to the limit: a training goes on from its last checkpoint. What a limit
 * ended, or an error of the work itself, would come again.
 */
export function performInWorker(context: WorkerContext): Performer {
  const { paths, baseDirectory, settings, signal } = context;
  let numSharing = settings.count;
  const start = (): WorkerProcess => startWorker(settings.entry, workerArguments(numSharing), settings.limits);
  let worker = start();
  /** What is done alone gets all threads: with several workers, in a new process. */
  const shareAmong = async (count: number): Promise<void> => {
    if (count !== numSharing) await worker.close();
    numSharing = count;
  };
  const stop = (): void => worker.stop();
  signal.addEventListener('abort', stop);
  return {
    get pid() {
      return worker.pid;
    },
    async perform(task, { onProgress, onRestart }) {
      await shareAmong(task.kind === 'time' ? 1 : settings.count);
      for (let attempt = 1; ; attempt++) {
        if (worker.isGone) {
          worker = start();
          await onRestart(worker.pid);
        }
        // While there was no task at work, nobody was there to hear it.
        signal.throwIfAborted();
        const answer = await worker.perform({ directory: paths.root, baseDirectory, task }, onProgress);
        if (answer.type === 'outcome' && isOf(answer.outcome, task)) {
          if (answer.outcome.kind === 'failed') await pipesToBeRead();
          const { log } = worker;
          if (bringsPlugins(task)) await worker.close();
          return keepLog(answer.outcome, task, log, paths);
        }
        signal.throwIfAborted();
        // Whatever it does, it is not the next task.
        if (answer.type !== 'lost') await worker.close();
        const loss = answer.type === 'lost' ? answer.loss : PRETENDED;
        if (loss.code !== 'WORKER_CRASHED' || attempt > settings.retries) {
          return keepLog(lossOutcome(task, loss, attempt), task, worker.log, paths);
        }
      }
    },
    async close() {
      signal.removeEventListener('abort', stop);
      await worker.close();
    },
  };
}

/**
 * Resolves when what a worker wrote before it answered has been read: that comes through pipes of its own. The channel may have
 * been read before the pipes in this turn of the event loop, or with a message that came once it had looked at them: the next
 * turn looks again.
 */
async function pipesToBeRead(): Promise<void> {
  await turn();
  await turn();
}

/** Something in the worker writes to its channel. */
const PRETENDED: Loss = { code: 'WORKER_PROTOCOL', reason: 'it answered what it was not asked' };

/** Whether an outcome is one of the task: no result is kept under the name of another cell. */
function isOf(outcome: TaskOutcome, task: Task): boolean {
  if (outcome.kind === 'trained') return task.kind === 'train' && task.until === undefined;
  if (outcome.kind === 'reached') return task.kind === 'train' && task.until !== undefined;
  if (outcome.kind === 'measured') return task.kind !== 'train' && outcome.record.id === task.cell.id;
  const ids = cellsOf(task).map(({ id }) => id);
  return outcome.failures.every(({ id }) => ids.includes(id));
}

function lossOutcome(task: Task, { code, reason }: Loss, attempts: number): TaskOutcome {
  const tried = attempts > 1 ? `, at ${attempts} attempts` : '';
  const error = new ForetokenError(
    code,
    `the worker of "${task.kind}" is gone${tried}: ${reason}. The other cells go on. ${ERROR_CODES[code].next}`,
  );
  return { kind: 'failed', failures: cellsOf(task).map(({ id }) => failureOf(task.kind, id, error)) };
}

/** Whether a task runs code of packages that do not come with Foretoken. */
function bringsPlugins({ training, ...task }: Task): boolean {
  const experiments = task.kind === 'train' ? [training.experiment] : [training.experiment, task.cell.experiment];
  return experiments.some(({ plugins }) => plugins.length > 0);
}

/** What the worker of a failed task wrote is kept beside the failure, which names the file. */
async function keepLog(outcome: TaskOutcome, task: Task, text: string, paths: AblationPaths): Promise<TaskOutcome> {
  if (outcome.kind !== 'failed' || text === '') return outcome;
  const file = path.join(paths.root, 'log', `${nameOf(task)}.log`);
  await makeFolder(path.dirname(file));
  await writeFileAtomic(file, text);
  const log = path.relative(paths.root, file).replaceAll(path.sep, '/');
  return { kind: 'failed', failures: outcome.failures.map((failure) => ({ ...failure, log })) };
}
