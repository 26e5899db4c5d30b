import { notJson } from '../not-json.ts';
import { describeSafely, wrong } from './failure.ts';
import type { ValueCheck } from './guard-hook.ts';
import type { Made, ValueChecks } from './values.ts';

/** What goes into a checkpoint must come out of it as it went in. */
const isState: ValueCheck = (value, _args, hook) => {
  const problem = notJson(value, 'it');
  if (problem !== undefined) throw wrong(hook, `must return a state that survives JSON unchanged, but ${problem}`);
};

/** Finite weights >= 0, as many as there are terms. */
export function weightingValues(): ValueChecks {
  let numTerms: number | undefined;
  return {
    start(value, args, hook) {
      isState(value, args, hook);
      numTerms = (args[0] as readonly string[]).length;
    },
    learn: isState,
    now(value, _args, hook) {
      if (!Array.isArray(value)) {
        throw wrong(hook, `must return a list of weights, returned ${describeSafely(value)}`, 'WEIGHTS_INVALID');
      }
      if (numTerms !== undefined && value.length !== numTerms) {
        throw wrong(hook, `must return ${numTerms} weights, one per term, returned ${value.length}`, 'WEIGHTS_INVALID');
      }
      const bad = value.findIndex((weight) => !Number.isFinite(weight) || weight < 0);
      if (bad < 0) return;
      const got = describeSafely(value[bad]);
      throw wrong(hook, `must return finite weights >= 0, returned ${got} as number ${bad + 1}`, 'WEIGHTS_INVALID');
    },
  };
}

/** A horizon within the configured one. */
export function scheduleValues({ context }: Made): ValueChecks {
  const full = (context as { readonly horizon?: number }).horizon ?? Number.POSITIVE_INFINITY;
  return {
    start: isState,
    learn: isState,
    now(value, _args, hook) {
      if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= full) return;
      throw wrong(hook, `must return an integer in 1..${full}, returned ${describeSafely(value)}`, 'HORIZON_INVALID');
    },
  };
}
