import { readFileSync } from 'node:fs';
import { errno } from './disk.ts';

/**
 * Whether there is a process of this number: the one that had it when it was written down, or a later one. One that has
 * ended and that nobody has waited for yet is none, where the system says so.
 */
export function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
  } catch (cause) {
    if (errno(cause) === 'ESRCH') return false;
  }
  return !hasEnded(processId);
}

function hasEnded(processId: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const status = readFileSync(`/proc/${processId}/stat`, 'latin1');
    // The name, in parentheses, may hold anything; the state is behind it.
    return 'ZX'.includes(status[status.lastIndexOf(')') + 2]);
  } catch {
    return false;
  }
}
