import { type ForetokenError, isForetokenError } from '@foretoken/engine/errors';
import { EXIT, exitCodeOf } from './exit-code.ts';

/** What to write about an error, and the exit code it means. */
export interface ErrorReport {
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/**
 * An error in the words of the person who ran the command: every problem on its own line, no stack unless asked for.
 *
 * @param debug - adds the stack, causes included
 */
export function reportError(error: unknown, { debug }: { readonly debug: boolean }): ErrorReport {
  const stack = debug ? stackOf(error) : [];
  if (isForetokenError(error)) return { lines: [...problemLines(error), ...stack], exitCode: exitCodeOf(error.code) };
  if (error instanceof Error && error.name === 'AbortError') {
    return { lines: ['INTERRUPTED: stopped on request.', ...stack], exitCode: EXIT.interrupted };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const hint =
    'This is not an error that Foretoken foresees: run the same command with --debug and report what it prints.';
  return { lines: [message, ...(debug ? stack : [hint])], exitCode: EXIT.failed };
}

function problemLines({ code, message, problems }: ForetokenError): string[] {
  return problems.length > 1 ? problems.map((problem) => `${code}: ${problem}`) : [message];
}

function stackOf(error: unknown): string[] {
  const lines: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    lines.push(`${lines.length > 0 ? 'caused by ' : ''}${cause.stack ?? cause.message}`);
  }
  return lines;
}
