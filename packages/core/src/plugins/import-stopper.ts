import { Worker } from 'node:worker_threads';

/** Ends imports that compute for ever. */
export interface ImportStopper {
  /**
   * Watches over an import that starts now.
   * @param sentence - what is said if the process has to be killed
   * @returns ends the watch
   */
  start(timeoutMs: number, sentence: string): () => void;
}

/** For code that is known to come to an end. */
export const NO_STOPPER: ImportStopper = { start: () => () => {} };

/** Beyond the limit: the main thread's own timer is the first to speak, if it can. */
const GRACE_MS = 500;

/** How long a computation that was told to end may go on. */
const ENDING_MS = 2000;

/**
 * A stopper ends what the main thread computes if that takes longer than the limit, so that its timers run again and
 * say so: while a module is evaluated that loops, the process is deaf.
 *
 * A second thread does it by V8's own means, as a debugger would, and nothing can catch it. Where even that does not help
 * (the main thread waits inside a system call), the thread writes the sentence itself and kills the process. The thread
 * lives as long as imports follow each other.
 */
export function createImportStopper(): ImportStopper {
  const state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const imports = new Map<symbol, { readonly timeoutMs: number; readonly sentence: string }>();
  let worker: Worker | undefined;
  let turn = 0;
  /** The last import that has not ended, from now on; without one, the thread sleeps. */
  const watchLast = (): void => {
    const last = [...imports.values()].at(-1);
    if (last) worker?.postMessage({ ...last, turn: ++turn });
    Atomics.store(state, 0, last ? turn : 0);
    Atomics.notify(state, 0);
  };
  const close = (): void => {
    if (imports.size > 0) return;
    void worker?.terminate();
    worker = undefined;
  };
  return {
    start(timeoutMs, sentence) {
      worker ??= openThread(state);
      const own = Symbol();
      imports.set(own, { timeoutMs: timeoutMs + GRACE_MS, sentence });
      watchLast();
      return () => {
        imports.delete(own);
        watchLast();
        setImmediate(close);
      };
    },
  };
}

function openThread(state: Int32Array): Worker {
  const worker = new Worker(THREAD, {
    eval: true,
    workerData: { state, endingMs: ENDING_MS },
    // What the process was started with (loaders, say) is not wanted here, and takes its time.
    ...{ execArgv: [], env: {} },
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
  });
  // Without a second thread imports go unwatched, which is no reason to fail.
  worker.on('error', () => {});
  worker.unref();
  return worker;
}

/** `state` holds the number of the import that is watched; 0: none. It changes when that one ends. */
const THREAD = `
const { parentPort, receiveMessageOnPort, workerData: { state, endingMs } } = require('node:worker_threads');
const { Session } = require('node:inspector');
const { writeSync } = require('node:fs');

const lastMessage = () => {
  let last;
  for (let next = receiveMessageOnPort(parentPort); next; next = receiveMessageOnPort(parentPort)) last = next.message;
  return last;
};
const isOver = (turn, limitMs) => Atomics.wait(state, 0, turn, limitMs) !== 'timed-out';

for (;;) {
  Atomics.wait(state, 0, 0);
  const watched = lastMessage();
  if (!watched || isOver(watched.turn, watched.timeoutMs)) continue;
  const session = new Session();
  session.connectToMainThread();
  session.post('Runtime.terminateExecution');
  if (!isOver(watched.turn, endingMs)) {
    writeSync(2, watched.sentence + '\\n');
    process.kill(process.pid, 'SIGKILL');
  }
  session.disconnect();
}
`;
