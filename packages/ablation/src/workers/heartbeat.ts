/** File descriptor of the pipe that a worker's heartbeat is written to: the one behind the IPC channel. */
export const HEARTBEAT_FD = 4;

/** Milliseconds between two beats. */
export const HEARTBEAT_MS = 250;

/** What a beat says, as one line of JSON. */
export interface Heartbeat {
  /** Milliseconds since the worker's main thread last showed that it gets on. */
  readonly idleMs: number;
  /** Resident memory of the process. */
  readonly residentBytes: number;
}

/** The last whole beat in a piece of the pipe; what is no beat, which a plugin may have written, counts for nothing. */
export function lastBeat(text: string): Heartbeat | undefined {
  for (const line of text.split('\n').reverse()) {
    try {
      const beat = JSON.parse(line) as Partial<Heartbeat> | null;
      if (Number.isFinite(beat?.idleMs) && Number.isFinite(beat?.residentBytes)) return beat as Heartbeat;
    } catch {
      // Half a line: the next piece has the rest, and the next beat says the same.
    }
  }
  return undefined;
}
