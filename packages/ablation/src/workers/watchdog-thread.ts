import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { HEARTBEAT_FD, HEARTBEAT_MS, type Heartbeat } from './heartbeat.ts';

// The thread of a worker process that beats, and ends the process when nobody listens any more: the main thread may be
// in the middle of a synchronous step, or in one that never ends.

const { turns } = workerData as { readonly turns: Int32Array };
const parent = process.ppid;
let seen = Atomics.load(turns, 0);
let idleTicks = 0;

setInterval(() => {
  const now = Atomics.load(turns, 0);
  // Ticks, not time: a process that was stopped and goes on has not been idle.
  idleTicks = now === seen ? idleTicks + 1 : 0;
  seen = now;
  const beat: Heartbeat = { idleMs: idleTicks * HEARTBEAT_MS, residentBytes: process.memoryUsage.rss() };
  if (process.ppid !== parent || !isHeard(beat)) process.kill(process.pid, 'SIGKILL');
}, HEARTBEAT_MS);

function isHeard(beat: Heartbeat): boolean {
  try {
    writeSync(HEARTBEAT_FD, `${JSON.stringify(beat)}\n`);
    return true;
  } catch (error) {
    // A full pipe means a coordinator that is busy or stopped, not one that is gone.
    return (error as NodeJS.ErrnoException).code === 'EAGAIN';
  }
}
