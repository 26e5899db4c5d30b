/** Codes of this command, each in the table of `@foretoken/engine/errors`. */
export type FailureCode = 'USAGE' | 'FILE_READ' | 'FILE_WRITE' | 'DISK_FULL' | 'INTERRUPTED';

/**
 * A failure that its reader can act on. Nothing was written.
 *
 * The package depends on no other of Foretoken's, so that `npm create` starts at once: it has an error of its own.
 */
export class Failure extends Error {
  readonly code: FailureCode;

  /** @param message - the rule, what was got, the next step; no code */
  constructor(code: FailureCode, message: string, cause?: unknown) {
    super(`${code}: ${message}`, cause === undefined ? undefined : { cause });
    this.name = 'Failure';
    this.code = code;
  }

  /** 130 where it was interrupted; 2 otherwise: what was asked for has to change. */
  get exitCode(): number {
    return this.code === 'INTERRUPTED' ? 130 : 2;
  }
}

/** What a file system refused, in words. */
export function writeFailure(folder: string, cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  const { code = 'unknown error', message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Failure(
      'DISK_FULL',
      `there is no space for ${folder} (${code}). Free some, or name another --dir.`,
      cause,
    );
  }
  return new Failure(
    'FILE_WRITE',
    `${folder} cannot be written: ${message}. Name another --dir, or mend that one.`,
    cause,
  );
}

/** The folder that the process works in. @throws Failure where that was deleted, which Node says in words of its own */
export function workingFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new Failure(
      'FILE_READ',
      `the working folder could not be read: ${(cause as Error).message}. It was deleted or moved since the shell entered it. ` +
        'Change into a folder that is there (cd), then run the same command again.',
      cause,
    );
  }
}
