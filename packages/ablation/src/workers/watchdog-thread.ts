import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { BOARD, HEARTBEAT_FD, HEARTBEAT_MS, type Heartbeat } from './heartbeat.ts';

// The thread of a worker process that beats, and ends the process when nobody listens any more: the main thread may be
// in the middle of a synchronous step, or in one that never ends.

const { cells } = workerData as { readonly cells: Int32Array };
/** What hooks are called, by id. */
const texts = new Map<number, string>();
const parent = process.ppid;
let seen = Atomics.load(cells, BOARD.turns);
let idleTicks = 0;

setInterval(() => {
  const now = Atomics.load(cells, BOARD.turns);
  // Ticks, not time: a process that was stopped and goes on has not been idle.
  idleTicks = now === seen ? idleTicks + 1 : 0;
  seen = now;
  const beat: Heartbeat = {
    ...{ idleMs: idleTicks * HEARTBEAT_MS, residentBytes: process.memoryUsage.rss() },
    ...{ hook: textAt(BOARD.current), last: textAt(BOARD.last) },
  };
  if (process.ppid !== parent || !isHeard(beat)) process.kill(process.pid, 'SIGKILL');
}, HEARTBEAT_MS);

// The main thread may never have another turn; what it posted before is here.
parentPort?.on('message', ({ id, text }: { readonly id: number; readonly text: string }) => texts.set(id, text));
parentPort?.unref();

const textAt = (place: number): string | undefined => texts.get(Atomics.load(cells, place));

function isHeard(beat: Heartbeat): boolean {
  try {
    writeSync(HEARTBEAT_FD, `${JSON.stringify(beat)}\n`);
    return true;
  } catch (error) {
    // A full pipe means a coordinator that is busy or stopped, not one that is gone.
    return (error as NodeJS.ErrnoException).code === 'EAGAIN';
  }
}
