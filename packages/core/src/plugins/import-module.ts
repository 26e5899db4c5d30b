import { writeSync } from 'node:fs';
import type { ImportStopper } from './import-stopper.ts';

/** How long the import of a module may take, and by whose name it is said that it takes longer. */
export interface ImportLimits {
  readonly timeoutMs: number;
  /** `demo@1.0.0, export "."`, say. */
  readonly who: string;
  /** Ends one that computes for ever. */
  readonly stopper: ImportStopper;
}

/**
 * Imports a module within a time limit, whatever it does meanwhile.
 *
 * One that waits for ever is given up by a timer, one that computes for ever by the stopper, without which no timer
 * would run. One that ends the process is said on stderr, and the process' exit code is 1 whatever it asked for.
 *
 * @throws Error with a reason as a clause if it is too late; whatever the module throws
 */
export async function importModule(
  url: string,
  { timeoutMs, who, stopper }: ImportLimits,
): Promise<{ readonly default?: unknown }> {
  const reason = `it had not finished loading after ${timeoutMs / 1000} s`;
  const stopWatching = stopper.start(timeoutMs, `PLUGIN_FAILED: ${who}: ${reason}, and cannot be stopped.`);
  const stopListening = onExit(`PLUGIN_FAILED: ${who}: importing it ended the process. Report it to its author.`);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(reason)), timeoutMs);
  });
  try {
    return await Promise.race([import(url), late]);
  } finally {
    clearTimeout(timer);
    stopListening();
    stopWatching();
  }
}

/** Exit code of a process that was interrupted: the user's doing, not the module's. */
const INTERRUPTED = 130;

function onExit(sentence: string): () => void {
  const listener = (code: number): void => {
    if (code === INTERRUPTED) return;
    process.exitCode = 1;
    writeSync(2, `${sentence}\n`);
  };
  process.on('exit', listener);
  return () => void process.off('exit', listener);
}
