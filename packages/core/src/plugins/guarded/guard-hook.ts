import type { ForetokenError } from '@foretoken/engine/errors';
import { describeSafely, failureOf, wrong } from './failure.ts';
import type { Hook, HookForm, HookWatch } from './hooks.ts';
import { firstNotFinite, writtenInputs } from './inputs.ts';

/** What a hook is given, in order. */
export type Args = readonly unknown[];

/**
 * What must hold of a value that a hook gave.
 *
 * @throws an error that names the hook; see `wrong`
 */
export type ValueCheck = (value: unknown, args: Args, hook: Hook) => void;

/** A hook with what it takes to call it. */
export interface GuardedCall {
  readonly hook: Hook;
  readonly watch?: HookWatch;
  /** What it must give, if anything is known of it. */
  readonly check?: ValueCheck;
  /** Calls the plugin's own function. */
  work(args: Args): unknown;
}

/** Guards a hook that answers as its form says. */
export function guardHook({ answer }: HookForm, call: GuardedCall): (...args: unknown[]) => unknown {
  if (answer === 'promise') return guardPromise(call);
  return answer === 'stream' ? guardStream(call) : guardValue(call);
}

/** Guards a function that answers at once. It is on the path of every decoding step: no promise, nothing made but its arguments. */
export function guardValue(call: GuardedCall): (...args: unknown[]) => unknown {
  const { hook, watch, check, work } = call;
  if (watch) return guardWatched(call, watch);
  return (...args) => {
    let value: unknown;
    try {
      value = work(args);
      check?.(value, args, hook);
      return value;
    } catch (cause) {
      throw refused(hook, value, cause);
    }
  };
}

/** A promise that is refused as a value may reject later, which nobody would hear. */
function refused(hook: Hook, value: unknown, cause: unknown): ForetokenError {
  if (value instanceof Promise) value.catch(() => {});
  return failureOf(hook, cause);
}

function guardWatched({ hook, check, work }: GuardedCall, watch: HookWatch): (...args: unknown[]) => unknown {
  let isFirst = true;
  return (...args) => {
    const look = enter(hook, watch, args);
    let value: unknown;
    try {
      value = work(args);
      check?.(value, args, hook);
    } catch (cause) {
      watch.leave(hook);
      throw refused(hook, value, cause);
    }
    // Later weights may be what is not finite, and no plugin's doing.
    const notFinite = look && isFirst ? firstNotFinite(value, args) : undefined;
    isFirst = false;
    leave(hook, watch, look);
    if (notFinite !== undefined) throw wrong(hook, `must give finite numbers from finite ones, gave ${notFinite}`);
    return value;
  };
}

/** Enters a hook. @returns what to ask on the way out: which of the inputs were written to */
function enter(hook: Hook, watch: HookWatch, args: Args): (() => string | undefined) | undefined {
  watch.enter(hook);
  return watch.inspects(hook) ? writtenInputs(args) : undefined;
}

function leave(hook: Hook, watch: HookWatch, look: (() => string | undefined) | undefined): void {
  const misdeed = watch.leave(hook) ?? look?.();
  if (misdeed !== undefined) throw wrong(hook, misdeed);
}

/** Guards a function that answers later. What it gives is a promise in any case, also of what it throws at once. */
export function guardPromise(call: GuardedCall): (...args: unknown[]) => Promise<unknown> {
  const { hook, check } = call;
  return guardLater(call, (value, args) => {
    check?.(value, args, hook);
    return value;
  });
}

/** @param settle - checks what came and says what is given for it */
function guardLater<T>(
  { hook, watch, work }: Pick<GuardedCall, 'hook' | 'watch' | 'work'>,
  settle: (value: unknown, args: Args) => T,
): (...args: unknown[]) => Promise<T> {
  return async (...args) => {
    const look = watch && enter(hook, watch, args);
    let value: T;
    try {
      value = settle(await work(args), args);
    } catch (cause) {
      watch?.leave(hook);
      throw failureOf(hook, cause);
    }
    if (watch) leave(hook, watch, look);
    return value;
  };
}

/** Guards a function that gives an async iterable: every value that comes of it, and its end, is a call of the hook. */
export function guardStream(call: GuardedCall): (...args: unknown[]) => AsyncIterable<unknown> {
  return (...args) => ({ [Symbol.asyncIterator]: () => guardedIterator(call, args) });
}

function guardedIterator({ hook, watch, check, work }: GuardedCall, args: Args): AsyncIterator<unknown> {
  let inner: AsyncIterator<unknown> | undefined;
  // Opened with the first value that is asked for: what it throws at once is thrown where a generator would.
  const opened = (): AsyncIterator<unknown> => {
    inner ??= iteratorOf(hook, work(args));
    return inner;
  };
  const resultOf = (result: unknown): IteratorResult<unknown> => {
    if (typeof result !== 'object' || result === null) {
      throw wrong(hook, `must yield through { done, value }, gave ${describeSafely(result)}`);
    }
    const { done, value } = result as IteratorResult<unknown>;
    if (done) return { done: true, value: undefined };
    check?.(value, args, hook);
    return { done: false, value };
  };
  const step = guardLater({ hook, watch, work: ([ask]) => (ask as () => unknown)() }, resultOf);
  return {
    next: () => step(() => opened().next()),
    return: () => step(async () => ended(await inner?.return?.())),
  };
}

/** Whatever closing gave. */
const ended = (_: unknown): IteratorResult<unknown> => ({ done: true, value: undefined });

function iteratorOf(hook: Hook, iterable: unknown): AsyncIterator<unknown> {
  const { [Symbol.asyncIterator]: open } = Object(iterable) as { [Symbol.asyncIterator]?: unknown };
  if (typeof open === 'function') return open.call(iterable) as AsyncIterator<unknown>;
  throw wrong(hook, `must return an async iterable, returned ${describeSafely(iterable)}`);
}
