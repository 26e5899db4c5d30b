import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What a process of a chaotic run noted: see chaos-preload.fixture.mjs. */
export interface Stamp {
  readonly type: 'process' | 'start' | 'end' | 'twice';
  readonly pid: number;
  /** When the process started, in ticks since the boot. */
  readonly started: string;
  /** Monotonic nanoseconds, the same clock in every process. */
  readonly at: number;
  readonly role?: 'worker' | 'coordinator';
  readonly task?: string;
  readonly how?: 'trained' | 'measured' | 'failed' | 'stopped';
}

/** Everything that was noted so far; the last line may be on its way. */
export function readStamps(control: string): Stamp[] {
  const file = path.join(control, 'stamps.jsonl');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Stamp);
}

/** Whether the very process that left a stamp is still there. */
export function isThere({ pid, started }: Pick<Stamp, 'pid' | 'started'>): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return !'ZX'.includes(fields[0]) && fields[19] === started;
  } catch {
    return false;
  }
}

/** The task that a process has begun and not ended. */
export function taskAtWork(stamps: readonly Stamp[], { pid }: Stamp): string | undefined {
  const last = stamps.findLast((stamp) => stamp.pid === pid && (stamp.type === 'start' || stamp.type === 'end'));
  return last?.type === 'start' ? last.task : undefined;
}

/** Pairs of attempts at one task of which one began before the other had ended. */
export function overlaps(stamps: readonly Stamp[]): string[] {
  const twice = stamps.filter(({ type }) => type === 'twice').map(({ task, pid }) => `${task} by ${pid}, alive beside`);
  const open = new Map<string, Stamp[]>();
  const found = [...twice];
  // An attempt without an end was a killed process': `twice` says where it was alive.
  for (const stamp of [...stamps].sort((a, b) => a.at - b.at)) {
    const task = stamp.task ?? '';
    const others = (open.get(task) ?? []).filter(({ pid }) => pid !== stamp.pid);
    if (stamp.type === 'start') open.set(task, [...others, stamp]);
    if (stamp.type !== 'end') continue;
    const begun = stamps.find(({ type, task: other, pid }) => type === 'start' && other === task && pid === stamp.pid);
    const within = others.filter(({ at }) => begun !== undefined && at > begun.at);
    found.push(...within.map(({ pid }) => `${task} by ${pid}, within that of ${stamp.pid}`));
    open.set(task, others);
  }
  return found;
}
