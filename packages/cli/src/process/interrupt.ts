import { EXIT } from './exit-code.ts';

/** What {@link listenForInterrupts} needs of a process; another one in tests. */
export interface Interruptible {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  exit(code: number): void;
}

/** One key press can arrive twice: from the terminal, and passed on by npm or a script above. */
const sameKeyPressMs = 400;

/**
 * Turns the first Ctrl-C (or SIGTERM) into an abort that lets the work save itself, and the second into an exit.
 *
 * @param onFirst - says that the work is being stopped
 * @returns the signal for the work, and a way to stop listening
 */
export function listenForInterrupts(
  onFirst: () => void,
  { on, now = () => performance.now() }: { readonly on: Interruptible; readonly now?: () => number },
): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  let firstMs: number | undefined;
  const listener = () => {
    if (firstMs === undefined) {
      firstMs = now();
      onFirst();
      controller.abort();
    } else if (now() - firstMs > sameKeyPressMs) on.exit(EXIT.interrupted);
  };
  on.on('SIGINT', listener);
  on.on('SIGTERM', listener);
  return {
    signal: controller.signal,
    stop() {
      on.off('SIGINT', listener);
      on.off('SIGTERM', listener);
    },
  };
}
