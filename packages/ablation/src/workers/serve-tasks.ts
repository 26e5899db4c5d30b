import { isForeign } from '../host.ts';
import { ablationPaths } from '../run/ablation-store.ts';
import type { Laboratory } from '../run/laboratory.ts';
import { performTask } from '../run/perform-task.ts';
import type { HookBoard } from './hook-board.ts';
import { sayLastWords } from './last-words.ts';
import { type FromWorker, readToWorker, type TaskMessage, versioned } from './messages.ts';
import { startWatchdog } from './watchdog.ts';

/** Milliseconds between two reports of a task: more would cost more than they tell. */
const REPORT_EVERY_MS = 40;

/**
 * Makes this process a worker: carries out the tasks that come over its IPC channel, one at a time, until it closes.
 *
 * Ctrl-C reaches every process of a terminal; what it means is the coordinator's to say.
 * @param openLaboratory - loads whatever a task needs, with hooks that tell the board; once it is done the worker says that
 * it is ready
 */
export async function serveTasks(openLaboratory: (board: HookBoard) => Promise<Laboratory>): Promise<void> {
  if (!process.send) throw new Error('a worker is started by the coordinator of an ablation, with an IPC channel');
  process.on('SIGINT', () => {});
  process.once('disconnect', () => process.exit());
  const { getsOn, board } = startWatchdog(isForeign);
  sayLastWords(board);
  let stop = new AbortController();
  const laboratory = await openLaboratory(board);
  process.on('message', (message) => {
    const request = readToWorker(message);
    if (request.type === 'stop') return stop.abort();
    getsOn();
    stop = new AbortController();
    void perform(request, laboratory, stop.signal, getsOn).then(send);
  });
  send({ type: 'ready' });
}

async function perform(
  { id, task, directory, baseDirectory }: TaskMessage,
  laboratory: Laboratory,
  signal: AbortSignal,
  getsOn: () => void,
): Promise<FromWorker> {
  let reportedMs = Number.NEGATIVE_INFINITY;
  try {
    const outcome = await performTask(task, {
      ...{ plan: { baseDirectory }, paths: ablationPaths(directory), laboratory, signal },
      clock: () => performance.now(),
      onProgress(progress) {
        getsOn();
        if (progress.done < progress.total && performance.now() - reportedMs < REPORT_EVERY_MS) return;
        reportedMs = performance.now();
        send({ type: 'progress', id, progress });
      },
    });
    return { type: 'outcome', id, outcome };
  } catch {
    // performTask throws only what stopped it.
    return { type: 'stopped', id };
  }
}

function send(message: FromWorker): void {
  // Nobody left to tell: `disconnect` is on its way.
  if (process.connected) process.send!(versioned(message), undefined, {}, () => {});
}
