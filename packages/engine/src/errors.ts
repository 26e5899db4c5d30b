import type { ErrorCode } from './error-table.ts';

// Codes are added in error-table.ts, and there alone.
export { ERROR_CODES, type ErrorCode } from './error-table.ts';

const brand = Symbol.for('foretoken.error');

/**
 * An error that a user can act on. The message starts with the code; `isForetokenError` recognizes it across copies of
 * this package.
 */
export class ForetokenError extends Error {
  /** The first word of the message. */
  readonly code: ErrorCode;
  /** Every single problem where several were found at once; otherwise the message alone. */
  readonly problems: readonly string[];

  /** @param message - who, the rule, what was got, where it came from; no code */
  constructor(code: ErrorCode, message: string, options: { cause?: unknown; problems?: readonly string[] } = {}) {
    super(`${code}: ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ForetokenError';
    this.code = code;
    this.problems = options.problems ?? [message];
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Whether a value is a {@link ForetokenError}, made by any copy of this package. */
export function isForetokenError(value: unknown): value is ForetokenError {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
}

/** @returns the error of an operation that got a wrong shape: who, the rule, what was got */
export function shapeMismatch(operation: string, expected: string, got: string): ForetokenError {
  return new ForetokenError('SHAPE_MISMATCH', `${operation} takes ${expected}, got ${got}.`);
}
