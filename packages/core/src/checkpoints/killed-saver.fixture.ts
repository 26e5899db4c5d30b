import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/** A moment of a saving process. */
export interface KillAt {
  /** The number of a call of the file system, from 0. */
  readonly at: number;
  /** In the `middle` of a write half of its bytes are written. */
  readonly when: 'before' | 'middle' | 'after';
}

/** What a process is to save, and when it is to kill itself. */
export interface SavingOrder {
  readonly directory: string;
  readonly configHash: string;
  readonly first: number;
  /** Default: it saves until it is killed from outside. */
  readonly last?: number;
  readonly kill?: KillAt;
  /** Whether to save without temporary files, which loses checkpoints. */
  readonly inPlace?: boolean;
}

/** A process that waits for its order. */
export type Saver = ChildProcessByStdio<Writable, Readable, null>;

const PROGRAM = fileURLToPath(new URL('killed-saver.fixture.mjs', import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist/checkpoints/checkpoint-store.js', import.meta.url));

/**
 * Starts a process that is going to save; what it needs is loaded once it says `ready`.
 * @param env - beside this process' own
 */
function startSaver(env: Readonly<Record<string, string>>): Saver {
  expect(existsSync(BUILT), `${BUILT} must be built before this test runs`).toBe(true);
  return spawn(process.execPath, [PROGRAM], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** Tells a process what to do. */
export function order(saver: Saver, what: SavingOrder): void {
  saver.stdin.end(JSON.stringify(what));
}

/** How a process ended and the lines that it said. */
export interface EndOfSaver {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
}

/**
 * Waits for the end of a process.
 * @param onLine - is called with each line that it says
 */
export async function endOf(saver: Saver, onLine: (line: string) => void = () => {}): Promise<EndOfSaver> {
  const lines: string[] = [];
  createInterface({ input: saver.stdout }).on('line', (line) => {
    lines.push(line);
    onLine(line);
  });
  const [code, signal] = await once(saver, 'close');
  return { code, signal, lines };
}

/**
 * Gives `use` as many processes as it takes, one after the other, each started while the one before is at work, since a
 * start takes longer than a save.
 * @param env - of the processes
 */
export async function withSavers<T>(
  use: (next: () => Saver) => Promise<T>,
  env: Readonly<Record<string, string>> = {},
): Promise<T> {
  let waiting = startSaver(env);
  try {
    return await use(() => {
      const saver = waiting;
      waiting = startSaver(env);
      return saver;
    });
  } finally {
    waiting.kill('SIGKILL');
  }
}
