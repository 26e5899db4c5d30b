import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';

/** How long a check may wait while nothing happens. */
export interface Patience {
  /** Milliseconds between two looks. */
  readonly tickMs: number;
  /** Looks, one after the other, at which nothing had happened since the one before: counted, for a machine that slept. */
  ticks: number;
}

/** What waits half a minute for nothing waits for ever. */
export const usualPatience = (): Patience => ({ tickMs: 1000, ticks: 30 });

/** Looks once it is known that a plugin never settles. */
const FEW_TICKS = 5;

/** Of the time between two looks: a thread that works less than this waits. */
const BUSY_SHARE = 0.1;

/** A hook gave a promise that nothing will ever settle. */
export class NeverSettled extends Error {}

/**
 * Waits for work, but not for what never comes: it gives up when the thread has had nothing to do for so long. Work that
 * is slow, or that a busy machine makes wait, is never given up.
 *
 * @param patience - shorter from then on, once it has come to its end
 * @throws NeverSettled; what `work` throws
 */
export async function settled<T>(work: () => T | Promise<T>, patience: Patience): Promise<T> {
  let stop: (() => void) | undefined;
  const waited = new Promise<never>((_, reject) => {
    let silent = 0;
    let last = performance.eventLoopUtilization();
    const timer = setInterval(() => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      silent = utilization < BUSY_SHARE ? silent + 1 : 0;
      if (silent < patience.ticks) return;
      patience.ticks = Math.min(patience.ticks, FEW_TICKS);
      reject(new NeverSettled());
    }, patience.tickMs);
    stop = () => clearInterval(timer);
  });
  try {
    return await Promise.race([work(), waited]);
  } finally {
    stop?.();
  }
}
