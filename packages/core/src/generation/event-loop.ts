import { setImmediate } from 'node:timers/promises';

/** Milliseconds of steps between two turns: one costs 25 to 40 us, where a step of a small model takes little more than 1 ms. */
const TURN_EVERY_MS = 8;

/**
 * Gives timers and signals their turn of the event loop from time to time: steps may run for long without ever leaving the
 * microtask queue.
 */
export class EventLoopTurns {
  #turnedAt = Number.NEGATIVE_INFINITY;

  /** Whether the last turn was some milliseconds ago. */
  get isDue(): boolean {
    return performance.now() - this.#turnedAt >= TURN_EVERY_MS;
  }

  /** Takes a turn where one is due. */
  async breathe(): Promise<void> {
    if (this.isDue) await this.take();
  }

  /** Takes a turn now. */
  async take(): Promise<void> {
    await setImmediate();
    this.#turnedAt = performance.now();
  }
}
