import { ForetokenError } from '@foretoken/engine/errors';

/**
 * Makes sure that the process has a folder to work in: the one that it was started in may have been deleted, or belong to others.
 * @throws FILE_READ
 */
export function checkWorkingFolder(): void {
  try {
    process.cwd();
  } catch (cause) {
    throw new ForetokenError(
      'FILE_READ',
      `the working folder could not be read: ${(cause as Error).message}. It was deleted or moved since the shell entered it. ` +
        'Change into a folder that is there (cd), then run the same command again.',
      { cause },
    );
  }
}
