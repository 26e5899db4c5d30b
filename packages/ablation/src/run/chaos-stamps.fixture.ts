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
  /** Process that started it. */
  readonly parent?: number;
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

/** Attempts at one task that began while another one went on. */
export function overlaps(stamps: readonly Stamp[]): string[] {
  const starts = stamps.filter(({ type }) => type === 'start');
  // Of an attempt without an end the process was killed: whether it was gone, the next one noted as it began.
  const alive = stamps.filter(({ type }) => type === 'twice');
  const within = starts.filter((start) =>
    starts.some((other) => other.task === start.task && other.at < start.at && start.at < endOf(other, stamps)),
  );
  return [...alive, ...within].map(({ task, pid }) => `${task} by ${pid}`);
}

function endOf({ task, pid, at }: Stamp, stamps: readonly Stamp[]): number {
  const end = stamps.find((stamp) => stamp.type === 'end' && stamp.task === task && stamp.pid === pid && stamp.at > at);
  return end?.at ?? Number.NEGATIVE_INFINITY;
}
