import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { WorkerLimits } from './worker-process.ts';

/** Worker processes of an ablation. */
export interface WorkerSettings {
  /** How many; default: one. */
  readonly count?: number;
  /** Further attempts at a task whose worker crashed; default: 2. Errors of the work itself are not tried again. */
  readonly retries?: number;
  /** Resident memory of each, in bytes; default: no limit. */
  readonly memoryBytes?: number;
  /** Time of one task, in milliseconds; default: no limit. */
  readonly deadlineMs?: number;
  /** How long a task may show no sign of life: no progress, no work; default: five minutes. */
  readonly hangMs?: number;
  /** How long a process at work may not even beat: it is stopped, or the machine thrashes; default: half a minute. */
  readonly silenceMs?: number;
  /** What they run: a module that calls `serveTasks`; default: this package's own. */
  readonly entry?: string;
}

/** Further attempts at a task whose worker crashed. */
const RETRIES = 2;
const HANG_MS = 300_000;
const SILENCE_MS = 30_000;

/** The settings with their defaults. */
export interface CompleteWorkerSettings {
  readonly count: number;
  readonly retries: number;
  readonly entry: string;
  readonly limits: WorkerLimits;
}

/** Fills in what is not set. */
export function completeSettings(settings: WorkerSettings): CompleteWorkerSettings {
  const { count = 1, retries = RETRIES, hangMs = HANG_MS, silenceMs = SILENCE_MS } = settings;
  const { memoryBytes, deadlineMs } = settings;
  return {
    count,
    retries,
    entry: settings.entry ?? fileURLToPath(new URL('./worker-main.js', import.meta.url)),
    limits: { hangMs, silenceMs, memoryBytes, deadlineMs },
  };
}

/** Arguments of {@link CompleteWorkerSettings.entry}: the share of the machine's threads, where there is more than one worker. */
export function workerArguments(count: number): string[] {
  return count === 1 ? [] : [String(Math.max(1, Math.floor(availableParallelism() / count)))];
}
