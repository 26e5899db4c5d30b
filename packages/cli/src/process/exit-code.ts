import type { ErrorCode } from '@foretoken/engine/errors';

/** Exit codes of every command; pinned. */
export const EXIT = { done: 0, failed: 1, badInput: 2, interrupted: 130 } as const;

/** Failures of the work itself; every other code means that the input has to change. */
const failures: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'PLUGIN_FAILED',
  'WEIGHTS_INVALID',
  'HORIZON_INVALID',
  'SESSION_MISUSE',
  'TRAINING_DIVERGED',
  'CHECKPOINT_NOT_FINITE',
  'ENGINE_FAILED',
  'ENGINE_BUILD_FAILED',
]);

/** The exit code that an error means. */
export function exitCodeOf(code: ErrorCode): number {
  if (code === 'INTERRUPTED') return EXIT.interrupted;
  return failures.has(code) ? EXIT.failed : EXIT.badInput;
}
