import { writeSync } from 'node:fs';
import { saidHook, saidReason } from '@foretoken/core';
import { HEARTBEAT_FD, type Heartbeat } from './heartbeat.ts';
import type { HookBoard } from './hook-board.ts';

/**
 * Lets this process say, as it ends, why and in which hook: through the pipe of its heartbeat, before anything else can happen.
 *
 * What ends a process without a word, such as the kernel or a fault in compiled code, leaves its last beat.
 */
export function sayLastWords(board: HookBoard): void {
  let hasSaid = false;
  const say = (ending: string): void => {
    // What comes after is what that brought about.
    if (hasSaid) return;
    hasSaid = true;
    const { current } = board;
    const beat: Heartbeat = {
      ...{ idleMs: 0, residentBytes: process.memoryUsage.rss(), ending },
      ...(current && { hook: saidHook(current) }),
    };
    try {
      writeSync(HEARTBEAT_FD, `${JSON.stringify(beat)}\n`);
    } catch {
      // Nobody listens any more.
    }
  };
  process.on('exit', (code) => say(`process.exit(${code})`));
  process.on('uncaughtExceptionMonitor', (error: unknown, origin) => {
    const where = origin === 'unhandledRejection' ? 'a promise that nobody waits for' : 'a callback that nobody guards';
    say(`${where} threw ${saidReason(error)}${onStack(error, board)}`);
  });
  const { kill, abort } = process;
  process.kill = (pid, signal) => {
    if (pid === process.pid && signal !== 0) say(`process.kill(${signal ?? 'SIGTERM'}) of itself`);
    return kill.call(process, pid, signal);
  };
  process.abort = () => {
    say('process.abort()');
    return abort.call(process);
  };
}

/** The package whose folder an error's stack leads through, in words. */
function onStack(error: unknown, { sources }: HookBoard): string {
  try {
    const stack = error instanceof Error ? String(error.stack) : '';
    for (const [directory, source] of sources) if (stack.includes(directory)) return ` in code of ${source}`;
  } catch {
    // Looking at it throws: so be it.
  }
  return '';
}
