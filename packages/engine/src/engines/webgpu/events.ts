/** Polls that only yield the processor, before polls that sleep. */
const EAGER_POLLS = 200;

/** Longest sleep between two polls, in milliseconds. */
const LONGEST_SLEEP_MS = 1;

/**
 * Runs Dawn's event processing when it is wanted instead of when Node's event loop comes to it.
 *
 * Dawn's Node binding asks `setImmediate` for one processing of its events whenever something is pending, and again from
 * within. Held back here, that callback can be run at any time: so a synchronous wait is possible, and a device that
 * lies idle neither spins the event loop nor keeps the process alive.
 */
export class DawnEvents {
  private process: (() => void) | undefined;

  /** Makes a call of Dawn, holding back the processing that it asks for. */
  hold<T>(call: () => T): T {
    const usual = globalThis.setImmediate;
    const held = (callback: () => void) => {
      this.process = callback;
      return {};
    };
    globalThis.setImmediate = held as unknown as typeof setImmediate;
    try {
      return call();
    } finally {
      globalThis.setImmediate = usual;
    }
  }

  /**
   * Blocks until a condition holds.
   * @returns false where nothing is left to be processed that could make it true
   */
  wait(isDone: () => boolean): boolean {
    for (let poll = 0; !isDone(); poll++) {
      if (!this.step()) return false;
      if (poll >= EAGER_POLLS) sleep(Math.min(LONGEST_SLEEP_MS, (poll - EAGER_POLLS + 1) / 100));
    }
    return true;
  }

  /** Waits for a promise of Dawn, processing its events meanwhile. */
  async settle<T>(call: () => Promise<T>): Promise<T> {
    const promise = this.hold(call);
    let isSettled = false;
    const settled = () => {
      isSettled = true;
    };
    promise.then(settled, settled);
    // Promises settle between turns of the event loop, so each poll ends one.
    while (!isSettled) {
      this.step();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    return promise;
  }

  /** Processes events once; false where Dawn has not asked for it. */
  private step(): boolean {
    const { process } = this;
    if (process === undefined) return false;
    this.process = undefined;
    this.hold(process);
    return true;
  }
}

const nothing = new Int32Array(new SharedArrayBuffer(4));

function sleep(milliseconds: number): void {
  Atomics.wait(nothing, 0, 0, milliseconds);
}
