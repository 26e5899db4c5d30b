import { readFile } from 'node:fs/promises';
import { errno } from './errno.ts';

/** A process, told from a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own words; absent where the system does not say. */
  readonly started?: string;
}

/** The identity of a process that is alive now. */
export async function identityOf(pid: number): Promise<ProcessIdentity> {
  const status = await statusOf(pid);
  return status ? { pid, started: status.started } : { pid };
}

/** Whether that very process is still there; one that has ended and that nobody has waited for yet is not. */
export async function isAlive({ pid, started }: ProcessIdentity): Promise<boolean> {
  // None that could not be started; the system would take such a number for a group of processes.
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errno(error) === 'ESRCH') return false;
  }
  const status = await statusOf(pid);
  if (!status) return true;
  return !status.hasEnded && (started === undefined || status.started === started);
}

/** Ends a process at once; one that is gone already is fine. */
export function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (errno(error) !== 'ESRCH') throw error;
  }
}

async function statusOf(pid: number): Promise<{ started: string; hasEnded: boolean } | undefined> {
  const read = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
  const [stat, boot] = [await read(`/proc/${pid}/stat`), await read('/proc/sys/kernel/random/boot_id')];
  if (stat === '' || boot === '') return undefined;
  // The name, in parentheses, may hold anything; behind it: state, and start in ticks since the boot as the 20th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { started: `${boot.trim()} ${fields[19]}`, hasEnded: 'ZX'.includes(fields[0]) };
}
