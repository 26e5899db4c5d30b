import type { Hook } from '@foretoken/core';
import type { HookBoard, Misdeeds } from './hook-board.ts';
import { watchProcessState } from './process-state.ts';

/** Where live tensors are counted. */
export interface TensorCount {
  numTensors(): number;
}

/** Kinds whose hooks have no reason to leave tensors; those of the others run in a tidy scope, or beside a session's memory. */
const TENSORLESS: ReadonlySet<string | undefined> = new Set([
  ...['weighting', 'horizon-schedule', 'acceptance-rule', 'eval', 'tokenizer', 'dataset'],
]);

/** What a worker looks for misdeeds with. */
export interface Lookout extends Misdeeds {
  /** Does work of our own that changes what all code shares, after a hook ran: engines listen for the process' end, say. */
  excuse<T>(work: () => Promise<T>): Promise<T>;
}

interface Entered {
  readonly numTensors: number;
  readonly numTimers: number;
}

/**
 * Looks for what no hook may do to the process that it runs in: draw from `Math.random`, look at `Date.now` where nothing
 * depends on time, change what all code shares, leave tensors or timers behind.
 *
 * Random numbers and clocks are noticed at every call, since they are replaced here for good; the rest where it is looked for
 * closely.
 */
export function lookForMisdeeds(board: HookBoard, tensors: TensorCount): Lookout {
  const drawn = replaceChance(board);
  // Taken down as the first hook is entered: what was changed before is ours.
  let changed: (() => string | undefined) | undefined;
  const entered = new Map<Hook, (Entered | undefined)[]>();
  return {
    begin(hook, isClose) {
      changed ??= watchProcessState();
      const stack = entered.get(hook) ?? [];
      entered.set(hook, stack);
      stack.push(isClose ? { numTensors: tensors.numTensors(), numTimers: numTimers() } : undefined);
    },
    end(hook) {
      const before = entered.get(hook)?.pop();
      const chance = drawn.get(hook);
      drawn.delete(hook);
      // Packages of the ecosystem draw names as they load, and start timers; no result depends on that.
      const isImport = hook.name === 'import';
      if (chance !== undefined && !isImport) return chance;
      if (!before) return undefined;
      const what = changed?.();
      if (what !== undefined) return `must leave alone what all code of the process shares, but changed ${what}`;
      return isImport ? undefined : leftBehind(hook, before, tensors);
    },
    async excuse(work) {
      const isAsItWas = changed?.() === undefined;
      try {
        return await work();
      } finally {
        if (changed && isAsItWas) changed = watchProcessState();
      }
    },
  };
}

function leftBehind(hook: Hook, before: Entered, tensors: TensorCount): string | undefined {
  const timers = numTimers() - before.numTimers;
  if (timers > 0) return `must end its timers, but left ${timers} running`;
  const left = TENSORLESS.has(hook.kind) ? tensors.numTensors() - before.numTensors : 0;
  if (left > 0) return `must dispose the tensors that it makes, but left ${left}`;
  // Of the model that it measures, which the next eval measures too. A rule's verdict may free what it was read from.
  return left < 0 && hook.kind === 'eval' ? `must leave the tensors of others alone, but disposed ${-left}` : undefined;
}

/** Timers that keep the process. Kept promises and files have other names. */
const numTimers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

/** Puts functions in the place of `Math.random` and `Date.now` that note which hook asks. */
function replaceChance(board: HookBoard): Map<Hook, string> {
  const drawn = new Map<Hook, string>();
  const { random } = Math;
  const { now } = Date;
  Math.random = () => {
    const hook = board.current;
    if (hook) drawn.set(hook, 'must draw from the stream that it is given, but called Math.random');
    return random();
  };
  Date.now = () => {
    const hook = board.current;
    if (hook && !hook.isTimed) drawn.set(hook, 'must give the same at any time, but called Date.now');
    return now();
  };
  return drawn;
}
