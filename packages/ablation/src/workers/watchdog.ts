import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import type { Hook } from '@foretoken/core';
import { BOARD, HEARTBEAT_MS } from './heartbeat.ts';
import { HookBoard } from './hook-board.ts';

/** Share of a moment that the main thread has to be at work to count as getting on; its own timer takes far less. */
const LEAST_BUSY = 0.01;

/** The watchdog, from the side of the main thread. */
export interface Watchdog {
  /**
   * To be called with every sign of progress: a main thread that gives none, and neither works nor lets its timers have a turn,
   * hangs.
   */
  getsOn(): void;
  /** Where the main thread says which hook it is in. */
  readonly board: HookBoard;
}

/**
 * Starts the thread that beats for this process, and ends it when the coordinator is gone.
 *
 * @param isForeign - whether a hook is of a package that does not come with Foretoken
 */
export function startWatchdog(isForeign: (hook: Hook) => boolean): Watchdog {
  const cells = new Int32Array(new SharedArrayBuffer(BOARD.length * Int32Array.BYTES_PER_ELEMENT));
  const thread = new Worker(new URL('./watchdog-thread.js', import.meta.url), { workerData: { cells } });
  thread.unref();
  const board = new HookBoard({ cells, isForeign, onNew: (id, text) => thread.postMessage({ id, text }) });
  const getsOn = () => void Atomics.add(cells, BOARD.turns, 1);
  let last = performance.eventLoopUtilization();
  setInterval(() => {
    const { utilization } = performance.eventLoopUtilization(last);
    last = performance.eventLoopUtilization();
    if (utilization > LEAST_BUSY) getsOn();
  }, HEARTBEAT_MS).unref();
  return { getsOn, board };
}
