import { type ChildProcess, fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import { BEAT_FD, type FromChild, type Job } from './messages.ts';

/** What a child process may use. */
export interface ChildLimits {
  /** Time without a word: of one check, or of the import. */
  readonly deadlineMs: number;
  /** Resident memory. */
  readonly memoryBytes: number;
}

/** Why a child process ended before it was done, as a clause that follows "it". */
export interface ChildLoss {
  readonly reason: string;
  /** The last that it wrote to its output. */
  readonly log: string;
}

/** How long a process may take to load the framework, on a slow disk and a busy machine. */
const START_MS = 120_000;
const TICK_MS = 250;

/** How long what an ended process wrote last may take to arrive. */
const GRACE_MS = 2000;
const LOG_BYTES = 4096;

/** The built child: a process of its own cannot run sources. */
const CHILD = new URL('../../dist/child/child-main.js', import.meta.url);

/**
 * Has a child process do a job, and ends it with all that it started when it is done, breaks a limit, or `signal` aborts.
 *
 * @param onMessage - each message as it comes
 * @returns undefined when it was done; otherwise why it was not
 * @throws what `signal` was aborted with
 */
export async function runChild(
  job: Job,
  limits: ChildLimits,
  onMessage: (message: FromChild) => void,
  signal?: AbortSignal,
): Promise<ChildLoss | undefined> {
  signal?.throwIfAborted();
  const { NODE_OPTIONS: _, ...env } = process.env;
  // In a group of its own, so that what a plugin started ends with it.
  const child = fork(CHILD, [], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
    execArgv: [],
    env,
    detached: true,
  });
  const watched = new WatchedChild(child, limits, onMessage);
  const abort = () => watched.end('was stopped');
  signal?.addEventListener('abort', abort);
  process.once('exit', abort);
  try {
    child.send(job, () => {});
    return await watched.ended;
  } finally {
    signal?.removeEventListener('abort', abort);
    process.off('exit', abort);
    killGroup(child);
    signal?.throwIfAborted();
  }
}

class WatchedChild {
  readonly ended: Promise<ChildLoss | undefined>;
  readonly #child: ChildProcess;
  #reason: string | undefined;
  #isDone = false;
  #hasStarted = false;
  /** Counted turns, not time: a parent that was stopped has not been waiting. */
  #silentTicks = 0;
  #log = '';

  constructor(child: ChildProcess, limits: ChildLimits, onMessage: (message: FromChild) => void) {
    this.#child = child;
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk: Buffer) => {
        this.#log = (this.#log + String(chunk)).slice(-LOG_BYTES);
      });
    }
    (child.stdio[BEAT_FD] as Readable).on('data', (chunk: Buffer) => this.#hear(String(chunk), limits.memoryBytes));
    child.on('message', (message) => this.#receive(message as FromChild, onMessage));
    const watch = setInterval(() => this.#watch(limits.deadlineMs), TICK_MS);
    this.ended = new Promise((resolve) => {
      const leave = (how: string) => {
        clearInterval(watch);
        for (const stream of child.stdio) stream?.destroy();
        const reason = this.#reason ?? `ended the process ${how}`;
        resolve(this.#isDone ? undefined : { reason, log: this.#log.trim() });
      };
      child.once('error', (error) => child.pid === undefined && leave(`before it began: ${error.message}`));
      const ended = (code: number | null, by: string | null) =>
        leave(by === null ? `with exit code ${code}` : `by the signal ${by}`);
      child.once('close', ended);
      child.once('exit', (code, by) => {
        killGroup(child);
        // What it started in a group of its own may hold its pipes open for ever.
        setTimeout(ended, GRACE_MS, code, by);
      });
    });
  }

  end(reason: string): void {
    this.#reason ??= reason;
    killGroup(this.#child);
  }

  #receive(message: FromChild, onMessage: (message: FromChild) => void): void {
    if (this.#reason !== undefined || this.#isDone) return;
    this.#silentTicks = 0;
    this.#hasStarted = true;
    this.#isDone = message.type === 'done' || message.type === 'failed';
    onMessage(message);
  }

  #hear(text: string, memoryBytes: number): void {
    // The last whole line; a plugin may have written others.
    const residentBytes = Number(text.trimEnd().split('\n').at(-1));
    if (!this.#isDone && residentBytes > memoryBytes) {
      this.end(`used ${mebibytes(residentBytes)} of memory, where ${mebibytes(memoryBytes)} are allowed`);
    }
  }

  #watch(deadlineMs: number): void {
    this.#silentTicks += 1;
    const allowedMs = this.#hasStarted ? deadlineMs : START_MS;
    // One that is done and does not end has left something open: it said so before.
    if (this.#silentTicks * TICK_MS > allowedMs) this.end(`did not come to an end within ${allowedMs / 1000} s`);
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
