import { ERROR_CODES, type ErrorCode, ForetokenError, isForetokenError } from '@foretoken/engine/errors';
import { describe, saidSource } from '../check-definition.ts';
import type { Hook } from './hooks.ts';

/** Characters of a thrown message that are said: a plugin may throw a book. */
const SAID_CHARACTERS = 500;

const FAILED_HOOK: unique symbol = Symbol.for('foretoken.failed-hook');

/**
 * A value that a hook gave or left, and that none may: named like a failure, under a code of its own.
 *
 * Made by the guards, which know what must be; {@link failureOf} lets it pass as it is.
 */
export function wrong(hook: Hook, rule: string, code: ErrorCode = 'PLUGIN_INVALID'): ForetokenError {
  const error = new ForetokenError(
    code,
    `${hook.who} of ${saidSource(hook.source)}: ${hook.name} ${rule}. ` +
      `Mend it, or report it to the author of ${hook.source.package}.`,
  );
  return carry(error, hook);
}

/**
 * What a hook threw, as an error with a code: PLUGIN_FAILED, or, where it has a code of ours, the very same error.
 *
 * Whatever was thrown: null, a string, an object whose getters throw. Either way {@link failedHook} tells which hook it was.
 */
export function failureOf(hook: Hook, cause: unknown): ForetokenError {
  if (hasOurCode(cause)) return carry(cause, hook);
  const what = `${hook.who} of ${saidSource(hook.source)}: ${hook.name} threw ${saidReason(cause)}. `;
  const message = `${what}Check its options; if they are right, report it to the author of ${hook.source.package}.`;
  return carry(new ForetokenError('PLUGIN_FAILED', message, { cause }), hook);
}

/** The hook that an error came out of, the innermost where hooks call one another; undefined where none is known. */
export function failedHook(error: unknown): Hook | undefined {
  return reading(() => (error as { readonly [FAILED_HOOK]?: Hook } | null | undefined)?.[FAILED_HOOK]);
}

/** Who failed in which hook: `head "low-rank" of demo@1.2.3: forward`. */
export const saidHook = ({ who, source, name }: Pick<Hook, 'who' | 'source' | 'name'>): string =>
  `${who} of ${saidSource(source)}: ${name}`;

/** A foreign value in a few words, whatever looking at it does. */
export const describeSafely = (value: unknown): string =>
  reading(() => describe(value)) ?? 'an object that cannot be looked at';

/** Why something was thrown, in quotes; what is no error is said as it is. */
export function saidReason(cause: unknown): string {
  const text = reading(() => (cause instanceof Error ? cause.message : primitiveText(cause)));
  if (typeof text !== 'string') return describeSafely(cause);
  return `"${text.length > SAID_CHARACTERS ? `${text.slice(0, SAID_CHARACTERS)}...` : text}"`;
}

/** Objects are described, not turned into strings, which could run code of theirs. */
function primitiveText(cause: unknown): string | undefined {
  const isObject = (typeof cause === 'object' && cause !== null) || typeof cause === 'function';
  return isObject ? undefined : String(cause);
}

/** Whether a value is an error with a code of the one table, whatever looking at it does. */
export function hasOurCode(cause: unknown): cause is ForetokenError {
  const isOurs = () =>
    isForetokenError(cause) && Object.hasOwn(ERROR_CODES, cause.code) && typeof cause.message === 'string';
  return reading(isOurs) ?? false;
}

/** The innermost hook stays: the ones around it only passed the error on. A frozen error tells nothing. */
function carry<E extends ForetokenError>(error: E, hook: Hook): E {
  if (failedHook(error) === undefined) reading(() => Object.defineProperty(error, FAILED_HOOK, { value: hook }));
  return error;
}

/** What looking at a foreign value gives, or undefined where it throws. */
function reading<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
