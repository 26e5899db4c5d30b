/** File descriptor of the pipe that a worker's heartbeat is written to: the one behind the IPC channel. */
export const HEARTBEAT_FD = 4;

/** Milliseconds between two beats. */
export const HEARTBEAT_MS = 250;

/** Places of the shared memory that the main thread writes and the watchdog reads. */
export const BOARD = { turns: 0, current: 1, last: 2, length: 3 } as const;

/** What a beat says, as one line of JSON. */
export interface Heartbeat {
  /** Milliseconds since the worker's main thread last showed that it gets on. */
  readonly idleMs: number;
  /** Resident memory of the process. */
  readonly residentBytes: number;
  /** The hook of a plugin that the process is in. */
  readonly hook?: string;
  /** The last hook that was entered of a package that does not come with Foretoken. */
  readonly last?: string;
  /** Why the process ends, where it could say so. */
  readonly ending?: string;
}

/** The last whole beat in a piece of the pipe; what is no beat, which a plugin may have written, counts for nothing. */
export function lastBeat(text: string): Heartbeat | undefined {
  for (const line of text.split('\n').reverse()) {
    try {
      const beat = JSON.parse(line) as Partial<Heartbeat> | null;
      if (Number.isFinite(beat?.idleMs) && Number.isFinite(beat?.residentBytes)) return checkedBeat(beat as Heartbeat);
    } catch {
      // Half a line: the next piece has the rest, and the next beat says the same.
    }
  }
  return undefined;
}

/** A plugin may write to the pipe as well: what is shown of it is text of some length. */
function checkedBeat({ idleMs, residentBytes, ...texts }: Heartbeat): Heartbeat {
  const text = (key: 'hook' | 'last' | 'ending') => {
    const value: unknown = texts[key];
    return typeof value === 'string' ? { [key]: value.slice(0, TEXT_CHARACTERS) } : {};
  };
  return { idleMs, residentBytes, ...text('hook'), ...text('last'), ...text('ending') };
}

const TEXT_CHARACTERS = 1000;
