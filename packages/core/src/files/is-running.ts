import { errno } from './disk.ts';

/** Whether there is a process of this number: the one that had it when it was written down, or a later one. */
export function isRunning(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (cause) {
    return errno(cause) !== 'ESRCH';
  }
}
