import { type ChildProcess, fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import { isForetokenError } from '@foretoken/core';
import type { ErrorCode } from '@foretoken/engine/errors';
import type { TaskProgress } from '../run/events.ts';
import type { TaskOutcome } from '../run/scheduler.ts';
import { HEARTBEAT_FD, HEARTBEAT_MS, type Heartbeat, lastBeat } from './heartbeat.ts';
import { type FromWorker, readFromWorker, type TaskMessage, type ToWorker, versioned } from './messages.ts';

/** What a worker process may use. */
export interface WorkerLimits {
  /** Resident memory. */
  readonly memoryBytes?: number;
  /** Time of one task. */
  readonly deadlineMs?: number;
  /** How long a task may show no sign of life: no progress, no work, no turn of the event loop. */
  readonly hangMs: number;
  /** How long the process itself may be silent: it is stopped, or the machine is out of memory. */
  readonly silenceMs: number;
}

/** Why a worker is gone. */
export interface Loss {
  readonly code: ErrorCode;
  /** What happened, without a dot at its end. */
  readonly reason: string;
}

/** How a task in a worker ended. */
export type WorkerAnswer =
  | { readonly type: 'outcome'; readonly outcome: TaskOutcome }
  | { readonly type: 'stopped' }
  | { readonly type: 'lost'; readonly loss: Loss };

/** One worker process, from the coordinator's side. */
export interface WorkerProcess {
  readonly pid: number;
  readonly isGone: boolean;
  /** The end of what it wrote since the task at work began. */
  readonly log: string;
  perform(task: Omit<TaskMessage, 'type' | 'id'>, onProgress: (progress: TaskProgress) => void): Promise<WorkerAnswer>;
  /** Asks the task at work to save itself. */
  stop(): void;
  /** Ends it; resolves when it is gone. */
  close(): Promise<void>;
}

/** Bytes of a log that are kept: its end says what went wrong. */
const LOG_BYTES = 64 * 1024;

/** Bytes that one task may write to stdout and stderr. */
const WRITTEN_BYTES = 16 * 2 ** 20;

/** How long a process may take to load what it needs, on a slow disk and a busy machine. */
const START_MS = 120_000;

/** Of a worker that ended between two tasks. */
const IDLE_LOSS: Loss = { code: 'WORKER_CRASHED', reason: 'it ended before it was given the task' };

/** Starts a worker process. Tasks may be given before it is ready. */
export function startWorker(entry: string, args: readonly string[], limits: WorkerLimits): WorkerProcess {
  const child = fork(entry, [...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'] });
  return new ForkedWorker(child, limits);
}

interface Pending {
  readonly id: number;
  /** Undefined until the worker is ready: its start counts for nothing. */
  startMs?: number;
  onProgress(progress: TaskProgress): void;
  settle(answer: WorkerAnswer): void;
}

class ForkedWorker implements WorkerProcess {
  readonly #child: ChildProcess;
  readonly #limits: WorkerLimits;
  readonly #gone: Promise<void>;
  #isGone = false;
  #isReady = false;
  #log = '';
  #pending: Pending | undefined;
  #loss: Loss | undefined;
  #numTasks = 0;
  #beat: Heartbeat | undefined;
  #numWritten = 0;
  #silentTicks = 0;

  constructor(child: ChildProcess, limits: WorkerLimits) {
    this.#child = child;
    this.#limits = limits;
    child.stdout!.on('data', (chunk: Buffer) => this.#keep(chunk));
    child.stderr!.on('data', (chunk: Buffer) => this.#keep(chunk));
    (child.stdio[HEARTBEAT_FD] as Readable).on('data', (chunk: Buffer) => this.#hear(String(chunk)));
    child.on('message', (message) => this.#receive(message));
    const watch = setInterval(() => this.#watch(), HEARTBEAT_MS).unref();
    this.#gone = new Promise((resolve) => {
      const leave = (code: number | null, signal: string | null, cause?: Error) => {
        clearInterval(watch);
        this.#isGone = true;
        const how = cause?.message ?? (signal === null ? `with exit code ${code}` : `by the signal ${signal}`);
        this.#settle({ type: 'lost', loss: this.#loss ?? this.#lossOf('WORKER_CRASHED', this.#ending(how)) });
        resolve();
      };
      child.once('error', (error) => child.pid === undefined && leave(null, null, error));
      // Not `exit`: what it wrote last is read before.
      child.once('close', (code, signal) => leave(code, signal));
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  get log(): string {
    return this.#log;
  }

  perform(task: Omit<TaskMessage, 'type' | 'id'>, onProgress: Pending['onProgress']): Promise<WorkerAnswer> {
    const id = ++this.#numTasks;
    this.#log = '';
    this.#silentTicks = 0;
    this.#numWritten = 0;
    this.#beat = undefined;
    if (this.#isGone) return Promise.resolve({ type: 'lost', loss: this.#loss ?? IDLE_LOSS });
    return new Promise((settle) => {
      this.#pending = { id, ...(this.#isReady && { startMs: performance.now() }), onProgress, settle };
      this.#send({ type: 'perform', id, ...task });
    });
  }

  stop(): void {
    if (this.#pending) this.#send({ type: 'stop' });
  }

  close(): Promise<void> {
    // Whatever it was given is done and saved. (Node emits no `close` for a child whose channel the parent closes.)
    this.#child.kill('SIGKILL');
    return this.#gone;
  }

  /** Milliseconds that the task at work took so far. */
  get #taskMs(): number {
    return this.#pending?.startMs === undefined ? 0 : performance.now() - this.#pending.startMs;
  }

  #send(message: ToWorker): void {
    // A worker that is gone by now says so itself, by ending.
    if (this.#child.connected) this.#child.send(versioned(message), () => {});
  }

  #keep(chunk: Buffer): void {
    this.#log = (this.#log + String(chunk)).slice(-LOG_BYTES);
    this.#numWritten += chunk.length;
    if (!this.#pending || this.#numWritten <= WRITTEN_BYTES) return;
    this.#end('PLUGIN_INVALID', `it wrote more than ${mebibytes(WRITTEN_BYTES)} to its output`);
  }

  #receive(received: unknown): void {
    // It is being ended: whatever is still under way from it would make the next task pay for this one.
    if (this.#loss) return;
    let message: FromWorker;
    try {
      message = readFromWorker(received);
    } catch (error) {
      if (!isForetokenError(error)) throw error;
      this.#end(error.code, error.problems[0]);
      return;
    }
    if (message.type === 'ready') {
      this.#isReady = true;
      this.#silentTicks = 0;
      if (this.#pending) this.#pending.startMs = performance.now();
      return;
    }
    if (message.id !== this.#pending?.id) return;
    if (message.type === 'progress') this.#pending.onProgress(message.progress);
    else this.#settle(message);
  }

  #settle(answer: WorkerAnswer): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.settle(answer);
  }

  #hear(text: string): void {
    const beat = lastBeat(text);
    if (!beat) return;
    const { ending, hook } = this.#beat ?? {};
    // Last words stay: a beat may come after them.
    this.#beat = ending === undefined ? beat : { ...beat, ending, hook };
    if (!this.#pending) return;
    this.#silentTicks = 0;
    const { memoryBytes = Number.POSITIVE_INFINITY, hangMs } = this.#limits;
    const { residentBytes, idleMs } = beat;
    if (residentBytes > memoryBytes) {
      const reason = `it used ${mebibytes(residentBytes)} of memory, where --memory allows ${mebibytes(memoryBytes)}`;
      this.#end('WORKER_MEMORY', reason);
    } else if (Math.min(idleMs, this.#taskMs) > hangMs) {
      this.#end('WORKER_HUNG', `it showed no sign of life for ${seconds(idleMs)}`);
    }
  }

  /** Counts its own turns, not time: a coordinator that was stopped has not been waiting. */
  #watch(): void {
    if (!this.#pending) return;
    this.#silentTicks += 1;
    const { deadlineMs = Number.POSITIVE_INFINITY, silenceMs } = this.#limits;
    const allowedMs = this.#isReady ? silenceMs : Math.max(silenceMs, START_MS);
    if (this.#silentTicks * HEARTBEAT_MS > allowedMs) {
      this.#end('WORKER_CRASHED', `its process was silent for ${seconds(allowedMs)}`);
    } else if (this.#taskMs > deadlineMs) {
      this.#end('TASK_DEADLINE', `it took longer than ${seconds(deadlineMs)}, its deadline`);
    }
  }

  #ending(how: string): string {
    const said = this.#beat?.ending;
    return said === undefined ? `it ended ${how}` : `it ended ${how}: ${said}`;
  }

  /** With where it was, as far as its last beat tells. */
  #lossOf(code: ErrorCode, reason: string): Loss {
    const { hook, last } = this.#beat ?? {};
    if (hook !== undefined) return { code, reason: `${reason}, in ${hook}` };
    return { code, reason: last === undefined ? reason : `${reason}, some time after ${last}` };
  }

  #end(code: ErrorCode, reason: string): void {
    this.#loss ??= this.#lossOf(code, reason);
    this.#child.kill('SIGKILL');
  }
}

const seconds = (ms: number): string => `${Number((ms / 1000).toFixed(1))} s`;
const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
