import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { HEARTBEAT_MS } from './heartbeat.ts';

/** Share of a moment that the main thread has to be at work to count as getting on; its own timer takes far less. */
const LEAST_BUSY = 0.01;

/**
 * Starts the thread that beats for this process, and ends it when the coordinator is gone.
 *
 * @returns to be called with every sign of progress: a main thread that gives none, and neither works nor lets its
 * timers have a turn, hangs
 */
export function startWatchdog(): () => void {
  const turns = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  new Worker(new URL('./watchdog-thread.js', import.meta.url), { workerData: { turns } }).unref();
  const getsOn = () => void Atomics.add(turns, 0, 1);
  let last = performance.eventLoopUtilization();
  setInterval(() => {
    const { utilization } = performance.eventLoopUtilization(last);
    last = performance.eventLoopUtilization();
    if (utilization > LEAST_BUSY) getsOn();
  }, HEARTBEAT_MS).unref();
  return getsOn;
}
