import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** The built command, as npm would start it. */
const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

/** What a finished command left behind. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** A command that is running, and its end. */
export interface Running {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly finished: Promise<Finished>;
}

/**
 * Starts the built command in a folder, with an environment that says nothing about colours.
 * @param options.detached - in a process group of its own, as a terminal gives every command
 */
export function startBin(args: readonly string[], { cwd = process.cwd(), env = {}, detached = false } = {}): Running {
  const { NO_COLOR: _, FORCE_COLOR: __, ...environment } = process.env;
  const started = performance.now();
  const child = spawn(process.execPath, [bin, ...args], {
    cwd,
    env: { ...environment, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  });
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    const chunks: string[] = [];
    stream.setEncoding('utf8').on('data', (text: string) => chunks.push(text));
    return chunks;
  });
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (code) =>
      resolve({ code, stdout: stdout.join(''), stderr: stderr.join(''), ms: performance.now() - started }),
    );
  });
  return { child, finished };
}

/** Runs the built command to its end. */
export const runBin = (args: readonly string[], options?: { cwd?: string; env?: Record<string, string> }) =>
  startBin(args, options).finished;
