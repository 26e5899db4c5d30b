import { writeSync } from 'node:fs';
import { BEAT_FD, BEAT_MS } from './messages.ts';

// The thread of a child process that says how much memory it uses, whatever its main thread is in the middle of, and that
// ends it when nobody listens any more.

const parent = process.ppid;

setInterval(() => {
  if (process.ppid !== parent || !isHeard(process.memoryUsage.rss())) process.kill(process.pid, 'SIGKILL');
}, BEAT_MS);

function isHeard(residentBytes: number): boolean {
  try {
    writeSync(BEAT_FD, `${residentBytes}\n`);
    return true;
  } catch (error) {
    // A full pipe means a parent that is busy or stopped, not one that is gone.
    return (error as NodeJS.ErrnoException).code === 'EAGAIN';
  }
}
